using HvPlatform.HostAgent;
using HvPlatform.Inventory;
using HvPlatform.MigrationSaga;
using HvPlatform.Orchestrator;
using HvPlatform.ServiceKit;
using HvPlatform.Telemetry;
using HvPlatform.TestKit;
using Microsoft.Playwright;
using Xunit;

[assembly: CaptureConsole]
[assembly: CollectionBehavior(MaxParallelThreads = 2)]

namespace HvPlatform.EndToEndTests;

/// <summary>The whole platform with a simulated fleet (4 hosts, 10 VMs each) and the built dashboard, as <c>./hv up</c> starts it.</summary>
public sealed class DashboardFixture : IAsyncLifetime
{
    public Platform Platform { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Platform = await StartAsync([]);
        await Eventually.Until(async () => (await Platform.ListAsync("/v1/vms?limit=200")).Length == 40, "the fleet is in the inventory", 30);
    }

    public ValueTask DisposeAsync() => Platform?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Starts a platform of its own with other settings, for tests that break it.</summary>
    public static Task<Platform> StartAsync(Dictionary<string, string?> settings)
    {
        var dist = Path.Combine(Repository.Root, "services", "dashboard", "dist");
        Assert.True(File.Exists(Path.Combine(dist, "index.html")), "The dashboard is not built: run ./hv build.");
        HvModule[] modules = [OrchestratorModule.Create(), MigrationSagaModule.Create(), InventoryModule.Create(), TelemetryModule.Create(), HostAgentModule.Create()];
        return Platform.StartAsync(modules, distributed: false, new Dictionary<string, string?>
        {
            ["Orchestrator:Dashboard:Path"] = dist,
            ["Orchestrator:Ca:Directory"] = TemporaryDirectory.Create("hv-ca-"),
            ["Hv:Agents:0:Driver"] = "simulated",
            ["Hv:Agents:0:Simulated:Hosts"] = "4",
            ["Hv:Agents:0:Simulated:VmsPerHost"] = "10",
        }.Concat(settings).GroupBy(s => s.Key).ToDictionary(g => g.Key, g => g.Last().Value));
    }

    /// <summary>A page of a new browser context that nobody has signed in to.</summary>
    public static async Task<IPage> NewPageAsync(Platform platform, int width = 1280, int height = 800, ColorScheme scheme = ColorScheme.Light, bool motion = false)
    {
        var context = await (await Browser.SharedAsync()).NewContextAsync(new()
        {
            BaseURL = platform.Api.BaseAddress!.ToString(),
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = scheme,
            ReducedMotion = motion ? ReducedMotion.NoPreference : ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(15_000);
        var page = await context.NewPageAsync();
        return page;
    }

    /// <summary>Signs a browser context in with the platform's local token, as the dashboard does: it gets a session cookie, and never keeps the token.</summary>
    public static async Task SignInAsync(Platform platform, IBrowserContext context)
    {
        var answer = await context.APIRequest.PostAsync(new Uri(platform.Api.BaseAddress!, "/v1/session").ToString(), new()
        {
            Headers = new Dictionary<string, string> { ["Authorization"] = TestAccess.Header.ToString(), ["X-Requested-With"] = "hv-dashboard" },
        });
        Assert.True(answer.Ok, $"POST /v1/session: {answer.Status} {await answer.TextAsync()}");
    }
}
