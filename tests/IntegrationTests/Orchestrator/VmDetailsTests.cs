using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Inventory;
using HvPlatform.Orchestrator;
using HvPlatform.TestKit;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>What a host knows of a VM beyond the common members, from its agent's report to the API.</summary>
public sealed class VmDetailsTests(VmDetailsTests.Fixture fixture) : IClassFixture<VmDetailsTests.Fixture>
{
    static readonly DateTimeOffset Booted = new(2026, 11, 21, 8, 30, 0, TimeSpan.Zero);

    readonly HostId host = new(Guid.NewGuid());
    readonly VmId vm = new(Guid.NewGuid());
    long generation = 10;

    /// <summary>Orchestrator and inventory, for all tests of the class.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        internal TestHost Platform { get; private set; } = null!;

        internal HttpClient Http { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
            Platform = await TestHost.StartAsync(database, "inmemory", [OrchestratorModule.Create(), InventoryModule.Create()]);
            Http = TestAccess.Client(Platform.Url);
        }

        public async ValueTask DisposeAsync()
        {
            Http.Dispose();
            await Platform.DisposeAsync();
        }
    }

    [Fact]
    public async Task All_that_a_host_knows_of_a_vm_is_told_by_the_api()
    {
        await ReportAsync(Info());
        var told = await UntilAsync($"/v1/vms/{vm}", one => one.TryGetProperty("figures", out _));
        Assert.Equal(Json(Full), told.GetProperty("details").GetRawText(), Same);
        Assert.Equal(Json(Figures(42)), told.GetProperty("figures").GetRawText(), Same);
        var listed = (await GetAsync($"/v1/vms?host={host}")).GetProperty("items")[0];
        Assert.Equal(Json(Full), listed.GetProperty("details").GetRawText(), Same);
        Assert.Equal(42, listed.GetProperty("figures").GetProperty("cpuUsagePercent").GetDouble());
    }

    [Fact]
    public async Task Figures_that_change_are_no_history_but_the_newest_are_shown()
    {
        await ReportAsync(Info());
        await UntilAsync($"/v1/vms/{vm}", one => one.TryGetProperty("figures", out _));
        await ReportAsync(Info() with { Figures = Figures(77) });
        await UntilAsync($"/v1/vms/{vm}", one => one.GetProperty("figures").GetProperty("cpuUsagePercent").GetDouble() == 77);
        await ReportAsync(Info() with { Figures = Figures(11) }, generation - 5);
        await ReportAsync(Info() with { Name = "renamed", Figures = Figures(78) });
        var told = await UntilAsync($"/v1/vms/{vm}", one => one.GetProperty("name").GetString() == "renamed");
        Assert.Equal(78, told.GetProperty("figures").GetProperty("cpuUsagePercent").GetDouble());
        Assert.Equal(["vm_discovered", "vm_reconfigured:name"], await HistoryAsync());
    }

    [Fact]
    public async Task A_change_of_the_configuration_is_history_and_names_its_part()
    {
        await ReportAsync(Info());
        await UntilAsync($"/v1/vms/{vm}", _ => true);
        await ReportAsync(Info() with { Details = Full with { Security = Full.Security! with { SecureBoot = false } } });
        await UntilAsync($"/v1/vms/{vm}", one => !one.GetProperty("details").GetProperty("security").GetProperty("secureBoot").GetBoolean());
        Assert.Equal(["vm_discovered", "vm_reconfigured:details.security"], await HistoryAsync());
    }

    [Fact]
    public async Task What_a_guest_last_said_stays_when_it_is_off()
    {
        await ReportAsync(Info());
        await UntilAsync($"/v1/vms/{vm}", _ => true);
        await ReportAsync(Info() with { State = VmState.Off, Details = Full with { Guest = null } });
        var told = await UntilAsync($"/v1/vms/{vm}", one => one.GetProperty("state").GetString() == "Off");
        Assert.Equal("Windows Server 2022 Datacenter", told.GetProperty("details").GetProperty("guest").GetProperty("operatingSystem").GetString());
        await ReportAsync(Info() with { Details = Full with { Guest = new VmGuest { OperatingSystem = "Windows Server 2022 Datacenter" } } });
        told = await UntilAsync($"/v1/vms/{vm}", one => one.GetProperty("state").GetString() == "Running");
        Assert.Equal("10.0.0.5", told.GetProperty("details").GetProperty("guest").GetProperty("networks")[0].GetProperty("addresses")[0].GetString());
        Assert.Equal(["vm_discovered", "vm_state_changed", "vm_state_changed"], await HistoryAsync());
    }

    [Theory]
    [InlineData("guestOs=SERVER 2022", true)]
    [InlineData("guestOs=ubuntu", false)]
    [InlineData("guestOs=%25", false)]
    [InlineData("generation=2", true)]
    [InlineData("generation=1", false)]
    [InlineData("secureBoot=true", true)]
    [InlineData("secureBoot=false", false)]
    [InlineData("tpm=true&vmVersion=10.0&state=Running", true)]
    [InlineData("tpm=false", false)]
    [InlineData("vmVersion=9.0", false)]
    [InlineData("search=web1.example", true)]
    [InlineData("search=10.0.0.5", true)]
    public async Task Details_are_searched_and_filtered(string query, bool found)
    {
        // One that has no details is found by none of these.
        await ReportAsync(Info(), others: [new VmInfo { Id = new VmId(Guid.NewGuid()), Name = "plain", State = VmState.Running, Vcpus = 1, MemoryMiB = 512 }]);
        await UntilAsync($"/v1/vms/{vm}", _ => true);
        Assert.Equal(found ? [vm.ToString()] : [], (await GetAsync($"/v1/vms?host={host}&{query}")).GetProperty("items").EnumerateArray().Select(one => one.GetProperty("id").GetString()!));
    }

    [Theory]
    [InlineData("generation=3")]
    [InlineData("secureBoot=maybe")]
    [InlineData("guestOs=x&asOf=2026-01-01T00:00:00Z")]
    public async Task A_filter_that_makes_no_sense_is_refused(string query)
    {
        using var response = await fixture.Http.GetAsync($"/v1/vms?{query}", TestContext.Current.CancellationToken);
        Assert.Equal(400, (int)response.StatusCode);
    }

    static readonly VmDetails Full = new()
    {
        Hardware = new() { Generation = 2, Version = "10.0", DynamicMemory = true, MemoryMinimumMiB = 512, MemoryMaximumMiB = 4096, AutomaticCheckpoints = false },
        Services = new() { EnhancedSessionTransport = "HvSocket", GuestServiceInterface = true, IntegrationServices = "Up to date" },
        Guest = new()
        {
            OperatingSystem = "Windows Server 2022 Datacenter",
            OperatingSystemVersion = "10.0.20348",
            Architecture = "x64",
            Family = "Windows",
            HostName = "web1.example",
            IntegrationServicesVersion = "10.0.20348",
            Networks = [new() { MacAddress = "00:15:5d:00:00:01", Addresses = ["10.0.0.5", "fe80::1"], Subnets = ["255.255.255.0", "/64"] }],
        },
        CreatedAt = Booted.AddDays(-30),
        Security = new() { Tpm = true, SecureBoot = true, SecureBootTemplate = "1734c6e8-3154-4dda-ba5f-a874cc483422", Shielded = false, EncryptState = true, Isolation = "VBS" },
        Replication = new() { State = "Replicating", Health = "Normal", Mode = "Primary", RelationshipType = "Simple", FrequencySeconds = 300 },
        Backup = new() { Enabled = true },
        Notes = "the web server",
    };

    static VmFigures Figures(double cpu) => new()
    {
        CpuUsagePercent = cpu,
        MemoryUsagePercent = 61.5,
        MemoryAssignedMiB = 2048,
        UptimeSeconds = 3600,
        Heartbeat = "OK",
        BootedAt = Booted,
        EnhancedSession = "Available",
        Status = new() { Text = "Operating normally", Health = "OK", Operational = ["OK"] },
        BackupState = "Done",
        LastBackupAt = Booted.AddDays(-1),
        LastReplicatedAt = Booted.AddHours(1),
    };

    VmInfo Info() => new() { Id = vm, Name = "web1", State = VmState.Running, Vcpus = 2, MemoryMiB = 2048, Details = Full, Figures = Figures(42) };

    static string Json<T>(T value) => JsonSerializer.Serialize(value, HvJson.Options);

    static IEqualityComparer<string> Same { get; } = EqualityComparer<string>.Create((a, b) => JsonElement.DeepEquals(JsonDocument.Parse(a!).RootElement, JsonDocument.Parse(b!).RootElement), _ => 0);

    Task ReportAsync(VmInfo info, long? at = null, params VmInfo[] others) => fixture.Platform.Services.GetRequiredService<IBus>().Publish(new HostReported
    {
        HostId = host,
        Outcome = HostReportOutcome.Complete,
        Vms = [info, .. others],
        Generation = at ?? ++generation,
        ObservedAt = TimeProvider.System.GetUtcNow(),
    });

    async Task<JsonElement> GetAsync(string path)
    {
        using var response = await fixture.Http.GetAsync(path);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }

    async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> holds)
    {
        JsonElement found = default;
        await Eventually.Until(
            async () =>
            {
                using var response = await fixture.Http.GetAsync(path);
                return response.IsSuccessStatusCode && holds(found = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
            },
            path);
        return found;
    }

    async Task<IEnumerable<string>> HistoryAsync() => (await GetAsync($"/v1/vms/{vm}/history")).GetProperty("items").EnumerateArray().Select(e =>
        e.GetProperty("type").GetString() + (e.GetProperty("data").TryGetProperty("changed", out var changed) ? ":" + string.Join(',', changed.EnumerateArray().Select(c => c.GetString())) : ""));
}
