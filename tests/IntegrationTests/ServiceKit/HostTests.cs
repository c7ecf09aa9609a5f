using System.Diagnostics;
using System.Net;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Bus;
using HvPlatform.ServiceKit.Database;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace HvPlatform.IntegrationTests.ServiceKit;

public sealed class HostTests
{
    [Fact]
    public async Task A_schema_file_that_changed_after_it_was_applied_is_refused()
    {
        var database = await Ledger.NewDatabaseAsync();
        await using (await TestHost.StartAsync(database, "inmemory", [new Ledger().Module()]))
        {
        }

        await using var source = NpgsqlDataSource.Create(database);
        await Ledger.ScalarAsync<string>(source, "update ledger.schema_history set sha256 = repeat('0', 64) where file = '0001-ledger.sql' returning file");

        var refusal = await Assert.ThrowsAsync<HvStartupException>(() => TestHost.StartAsync(database, "inmemory", [new Ledger().Module()]));
        Assert.Contains("0001-ledger.sql", refusal.Message);
        Assert.Contains("changed after it was applied", refusal.Message);
    }

    [Fact]
    public async Task Many_processes_that_start_at_once_build_the_schema_once()
    {
        await using var source = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(await Ledger.NewDatabaseAsync()) { SearchPath = "ledger" }.ConnectionString).Build();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => SchemaMigrator.MigrateAsync(source, "ledger", typeof(Ledger).Assembly, NullLogger.Instance, default)));

        Assert.Equal(SchemaMigrator.Files(typeof(Ledger).Assembly).Count, await Ledger.ScalarAsync<long>(source, "select count(*) from schema_history where source = 'service'"));
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=u;Password=secret;Database=d;Timeout=3", "inmemory", "PostgreSQL cannot be reached (127.0.0.1:1")]
    [InlineData("nonsense", "inmemory", "no Npgsql connection string")]
    [InlineData("", "inmemory", "Hv:Database")]
    [InlineData("Host=127.0.0.1", "carrier-pigeon", "Hv:Bus")]
    public async Task A_start_that_cannot_succeed_says_what_where_and_why_and_no_password(string database, string bus, string expected)
    {
        var refusal = await Assert.ThrowsAsync<HvStartupException>(() => TestHost.StartAsync(database, bus, [new Ledger().Module()]));
        Assert.Contains(expected, refusal.Message);
        Assert.DoesNotContain("secret", refusal.Message);
    }

    [Theory]
    [InlineData("", "PostgreSQL cannot be reached (127.0.0.1:1")]
    [InlineData("--Orchestrator:ResendAfter=soon", "'Orchestrator:ResendAfter'")]
    [InlineData("--Orchestrator:MaxPageSice=7", "'MaxPageSice'")]
    public async Task A_process_that_cannot_start_prints_one_line_and_no_stack_trace(string argument, string expected)
    {
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "HvPlatform.Orchestrator.dll"), "--Hv:Bus=inmemory", "--Hv:Database=Host=127.0.0.1;Port=1;Username=u;Timeout=3", "--Hv:Urls=http://127.0.0.1:0"];
        using var process = Process.Start(new ProcessStartInfo("dotnet", argument.Length == 0 ? arguments : [.. arguments, argument]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(1, process.ExitCode);
        Assert.Contains(expected, await error);
        Assert.Single((await error).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain("   at ", await output);
    }

    [Fact]
    public async Task A_background_service_that_fails_ends_the_process_with_an_exit_code_that_says_so()
    {
        var module = new HvModule { Name = "failing", AddServices = b => b.Services.AddHostedService<FailingService>() };

        Assert.Equal(1, await HvHost.RunAsync(["--Hv:Bus", "inmemory", "--Hv:Urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None"], module));
    }

    [Fact]
    public async Task A_broker_that_is_not_there_is_a_clear_error_without_its_password()
    {
        var refusal = await Assert.ThrowsAsync<HvStartupException>(
            async () => await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), "amqp://user:secret@127.0.0.1:1/vh", [new Ledger().Module()]));
        Assert.Contains("amqp://127.0.0.1:1/vh", refusal.Message);
        Assert.DoesNotContain("secret", refusal.ToString());
    }

    [Fact]
    public async Task One_trace_goes_from_the_request_through_the_outbox_to_the_last_consumer()
    {
        using var listener = new ActivityListener { ShouldListenTo = _ => true, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded };
        ActivitySource.AddActivityListener(listener);
        ActivityTraceId? seen = null;
        var account = Guid.NewGuid();
        var ledger = new Ledger
        {
            OnFact = c =>
            {
                seen = c.Message.Account == account ? Activity.Current?.TraceId : seen;
                return Task.CompletedTask;
            },
        };
        var module = ledger.Module() with
        {
            Map = app => app.MapPost("/entries", async () =>
            {
                await using var tx = await app.Services.GetRequiredKeyedService<ServiceDatabase>(Ledger.Schema).BeginAsync(default);
                tx.Send(Ledger.Queue, new WriteEntry(account, 1), account);
                await tx.CommitAsync(default);
                return Results.Ok();
            }),
        };
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), await Ledger.NewBusAsync("rabbitmq"), [module]);
        using var client = new HttpClient { BaseAddress = host.Url };
        var trace = ActivityTraceId.CreateRandom();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/entries") { Headers = { { "traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01" } } };

        (await client.SendAsync(request)).EnsureSuccessStatusCode();

        await Eventually.Until(() => seen is not null, "the last consumer ran");
        Assert.Equal(trace, seen);
    }

    [Fact]
    public async Task Readiness_names_database_bus_and_outbox_and_turns_when_the_database_goes()
    {
        var postgres = await PostgresServer.StartAsync();
        await using var host = await TestHost.StartAsync(await postgres.CreateDatabaseAsync(), "inmemory", [new Ledger().Module()]);
        using var client = new HttpClient { BaseAddress = host.Url };
        var ready = await client.GetStringAsync("/health/ready");
        Assert.Contains("database-ledger", ready);
        Assert.Contains("outbox-ledger", ready);
        Assert.Contains("masstransit-bus", ready);

        await postgres.KillAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live")).StatusCode);
        await postgres.StartAgainAsync();
        await Eventually.Until(async () => (await client.GetAsync("/health/ready")).StatusCode == HttpStatusCode.OK, "it is ready again", 30);
    }

    [Theory]
    [InlineData("inmemory")]
    [InlineData("rabbitmq")]
    public async Task A_queue_can_be_read_while_the_process_runs_and_what_was_sent_before_has_waited(string transport)
    {
        await using var host = await TestHost.StartAsync(await Ledger.NewDatabaseAsync(), await Ledger.NewBusAsync(transport), [new Ledger().Module()]);
        var (queue, account, seen) = ($"host-agent.{Guid.NewGuid()}", Guid.NewGuid(), new List<int>());
        await using (var tx = await host.Database(Ledger.Schema).BeginAsync(default))
        {
            tx.Send(queue, new WriteEntry(account, 1), account);
            tx.Send(queue, new WriteEntry(account, 2), account);
            await tx.CommitAsync(default);
        }

        if (transport == "rabbitmq")
        {
            await Eventually.Until(async () => await Ledger.ScalarAsync<long>(host, "select count(*) from outbox") == 0, "the commands wait in the queue");
        }

        await using var connected = await host.Services.GetRequiredService<IHvEndpointConnector>().ConnectAsync(
            new HvEndpoint(queue, (_, e) => e.Handler<WriteEntry>(c =>
            {
                seen.Add(c.Message.Number);
                return Task.CompletedTask;
            }))
            { Transactional = false }, default);

        await Eventually.Until(() => seen.Count == 2, "both commands came");
        Assert.Equal([1, 2], (IEnumerable<int>)seen);
    }

    sealed class FailingService(IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
            await started.Task;
            throw new InvalidOperationException("broken on purpose");
        }
    }
}
