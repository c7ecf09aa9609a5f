using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>What a receiver got.</summary>
sealed record Received(string Path, string Body, string Signature, string DeliveryId, string Type)
{
    public long Seq => JsonDocument.Parse(Body).RootElement.TryGetProperty("event", out var e) ? e.GetProperty("seq").GetInt64() : 0;

    /// <summary>Checks the signature as a receiver does.</summary>
    public void AssertSignedWith(string secret)
    {
        var parts = Signature.Split(',').Select(p => p.Split('=', 2)).ToLookup(p => p[0], p => p[1]);
        var time = parts["t"].Single();
        Assert.InRange((TimeProvider.System.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(long.Parse(time, CultureInfo.InvariantCulture))).TotalMinutes, -1, 5);
        Assert.Contains(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{time}.{Body}"))), parts["v1"]);
    }
}

/// <summary>A real HTTP server that answers as it is told.</summary>
sealed class WebhookReceiver : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly ConcurrentQueue<Received> _received = new();

    WebhookReceiver(WebApplication app) => _app = app;

    public Uri Url => new(new Uri(_app.Urls.First()), "/hook");

    public IReadOnlyList<Received> All => [.. _received];

    /// <summary>Answers one request.</summary>
    public Func<Received, HttpContext, Task> Answer { get; set; } = (_, http) => Status(http, 204);

    public static Task Status(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync();
    }

    async Task TakeAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync();
        string Header(string name) => http.Request.Headers[name].ToString();
        var received = new Received(http.Request.Path, body, Header("Hv-Signature"), Header("Hv-Delivery-Id"), Header("Hv-Event-Type"));
        _received.Enqueue(received);
        await Answer(received, http);
    }
}
