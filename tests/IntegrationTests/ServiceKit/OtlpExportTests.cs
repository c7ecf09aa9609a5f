using System.Collections.Concurrent;
using System.Text;
using HvPlatform.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace HvPlatform.IntegrationTests.ServiceKit;

public sealed class OtlpExportTests
{
    [Fact]
    public async Task Traces_metrics_and_logs_arrive_at_a_collector_with_the_services_name()
    {
        var received = new ConcurrentDictionary<string, string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.MapPost("/{**path}", async (string path, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            received.AddOrUpdate(path, _ => Encoding.Latin1.GetString(body.ToArray()), (_, before) => before + Encoding.Latin1.GetString(body.ToArray()));
        });
        await collector.StartAsync();

        // The exporter reads the process's environment. A service that another test starts meanwhile exports here too, which does no harm.
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Urls.First());
        try
        {
            await using var host = await TestHost.StartAsync(
                await Ledger.NewDatabaseAsync(),
                "inmemory",
                [new Ledger().Module()],
                b => b.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Logging:LogLevel:Default"] = "Information" }));
            var account = Guid.NewGuid();
            await Ledger.SendAsync(host, new WriteEntry(account, 0));
            await Eventually.Until(async () => (await Ledger.NumbersAsync(host, "facts", account)).Count == 1, "the fact is noted");
        }
        finally
        {
            Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", null);
            Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL", null);
        }

        foreach (var signal in (string[])["v1/traces", "v1/metrics", "v1/logs"])
        {
            Assert.True(received.TryGetValue(signal, out var body), $"{signal} was exported; arrived: {string.Join(", ", received.Keys)}");
            Assert.Contains("hvplatform", body);
        }

        Assert.Contains("outbox send", received["v1/traces"]);
    }
}
