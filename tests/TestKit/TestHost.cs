using HvPlatform.ServiceKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace HvPlatform.TestKit;

/// <summary>Services running in the test's process exactly as <see cref="HvHost.RunAsync"/> runs them, HTTP on a free port.</summary>
public sealed class TestHost : IAsyncDisposable
{
    TestHost(WebApplication app) => App = app;

    /// <summary>The running application.</summary>
    public WebApplication App { get; }

    /// <summary>The base address of its HTTP endpoints.</summary>
    public Uri Url => new(App.Urls.First());

    /// <summary>Its services.</summary>
    public IServiceProvider Services => App.Services;

    /// <summary>
    /// Starts services on a database (<see cref="PostgresServer.CreateDatabaseAsync"/>) and a bus: <c>inmemory</c>,
    /// or <see cref="RabbitServer.CreateVirtualHostAsync"/> as text. Returns when queues are read and HTTP listens. <c>HV_TEST_LOG</c> sets the log level.
    /// </summary>
    public static async Task<TestHost> StartAsync(string? database, string bus, HvModule[] modules, Action<WebApplicationBuilder>? configure = null)
    {
        var app = HvHost.Build([], modules, builder =>
        {
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Hv:Database"] = database,
                ["Hv:Bus"] = bus,
                ["Hv:Urls"] = "http://127.0.0.1:0",
                ["Orchestrator:Access:TokenFile"] = TestAccess.TokenFile,

                // All tests come from one address.
                ["Orchestrator:Access:RateLimits:AnonymousBurst"] = "100000",
                ["Orchestrator:Access:RateLimits:SignInBurst"] = "100000",
                ["Logging:LogLevel:Default"] = Environment.GetEnvironmentVariable("HV_TEST_LOG") ?? "Warning",
            });
            configure?.Invoke(builder);
        });
        try
        {
            await app.StartAsync();
            return new TestHost(app);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>The database of one service.</summary>
    public ServiceDatabase Database(string schema) => Services.GetRequiredKeyedService<ServiceDatabase>(schema);

    /// <summary>Stops in good order.</summary>
    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
    }
}
