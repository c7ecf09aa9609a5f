using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>How many migrations a host takes part in at a time, with how much bandwidth, and who is next.</summary>
public sealed class MigrationLimitTests(OrchestratorFixture fixture) : IClassFixture<OrchestratorFixture>
{
    int asked;

    sealed record Mover(VmId Vm, OperationId Id, HostId Source, HostId Destination, int? WishMiBps);

    async Task<HostId> AddHostAsync(int? places = null, int? bandwidthMiBps = null)
    {
        var host = new HostId(Guid.NewGuid());
        await fixture.Inventory.AddHostAsync(
            host, $"limited-{Guid.NewGuid():n}", facets: ["migration", "migration-cold"], maxMigrations: places, maxBandwidthMiBps: bandwidthMiBps);
        return host;
    }

    async Task<Mover> BeginAsync(HostId source, HostId destination, int? wishMiBps = null)
    {
        var vm = await fixture.AddVmAsync(VmState.Running, source);
        return new(vm, OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = destination })), source, destination, wishMiBps);
    }

    /// <summary>Asks for room as the saga does, and waits for the answer to this very question.</summary>
    async Task<object> AskAsync(Mover m)
    {
        IEnumerable<object> Answers() => fixture.Probe.Of<MigrationCapacityReserved>().Where(a => a.OperationId == m.Id)
            .Concat<object>(fixture.Probe.Of<MigrationCapacityDeferred>().Where(a => a.OperationId == m.Id))
            .Concat(fixture.Probe.Of<MigrationCapacityRefused>().Where(a => a.OperationId == m.Id));
        var before = Answers().ToHashSet(ReferenceEqualityComparer.Instance);
        await fixture.SendToOrchestratorAsync(new ReserveMigrationCapacity
        {
            OperationId = m.Id,
            VmId = m.Vm,
            HostId = m.Destination,
            SourceHostId = m.Source,
            MemoryMiB = 1024,
            Vcpus = 2,
            BandwidthMiBps = m.WishMiBps,
        });
        await Eventually.Until(() => Answers().Any(a => !before.Contains(a)), $"question {++asked} is answered");
        return Answers().Single(a => !before.Contains(a));
    }

    async Task<MigrationCapacityReserved> GrantedAsync(Mover m) => Assert.IsType<MigrationCapacityReserved>(await AskAsync(m));

    async Task<MigrationCapacityDeferred> DeferredAsync(Mover m) => Assert.IsType<MigrationCapacityDeferred>(await AskAsync(m));

    async Task EndAsync(Mover m, bool completed = true)
    {
        var now = TimeProvider.System.GetUtcNow();
        await (completed
            ? fixture.PublishAsync(new MigrationCompleted { OperationId = m.Id, VmId = m.Vm, SourceHostId = m.Source, DestinationHostId = m.Destination, At = now, TotalMs = 1, Phases = [] })
            : fixture.PublishAsync(new MigrationRolledBack { OperationId = m.Id, VmId = m.Vm, SourceHostId = m.Source, DestinationHostId = m.Destination, At = now, TotalMs = 1, Phases = [], Cancelled = true }));
        await fixture.StatusBecomesAsync(m.Id, completed ? OperationStatus.Succeeded : OperationStatus.Cancelled);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Migrations_over_a_hosts_limit_wait_and_the_oldest_goes_first(bool limitOnTheSource)
    {
        var (limited, free) = (await AddHostAsync(places: 2), await AddHostAsync());
        var (from, to) = limitOnTheSource ? (limited, free) : (free, limited);
        var (a, b, c, d) = (await BeginAsync(from, to), await BeginAsync(from, to), await BeginAsync(from, to), await BeginAsync(from, to));
        await GrantedAsync(a);
        await GrantedAsync(b);
        await GrantedAsync(a);

        var deferred = await DeferredAsync(c);
        Assert.Equal(limited, deferred.HostId);
        Assert.Contains("2 migrations of at most 2", deferred.Reason);
        var waiting = (await fixture.GetAsync($"/v1/migrations/{c.Id}")).GetProperty("waiting");
        Assert.Equal(deferred.Reason, waiting.GetProperty("reason").GetString());
        var behind = await DeferredAsync(d);
        Assert.Contains("1 older ones wait", behind.Reason);
        Assert.True(behind.RetryAfterMs > deferred.RetryAfterMs);

        await EndAsync(a);
        Assert.Contains("1 migrations of at most 2, and 1 older ones wait", (await DeferredAsync(d)).Reason);
        await GrantedAsync(c);
        Assert.False((await fixture.GetAsync($"/v1/migrations/{c.Id}")).TryGetProperty("waiting", out _));
        await EndAsync(b, completed: false);
        await GrantedAsync(d);
    }

    [Fact]
    public async Task One_that_waits_for_another_host_holds_nobody_up_here()
    {
        var (full, open) = (await AddHostAsync(places: 1), await AddHostAsync(places: 1));
        await GrantedAsync(await BeginAsync(full, fixture.Beta));
        var waits = await BeginAsync(full, open);
        await DeferredAsync(waits);

        var passes = await BeginAsync(fixture.Alpha, open);
        await GrantedAsync(passes);

        // From now on it waits at both, and comes first at both.
        Assert.Contains("1 migrations of at most 1", (await DeferredAsync(waits)).Reason);
        var later = await BeginAsync(fixture.Alpha, open);
        await EndAsync(passes);
        await DeferredAsync(later);
    }

    [Fact]
    public async Task One_that_ended_while_it_waited_leaves_its_place_in_the_queue()
    {
        var limited = await AddHostAsync(places: 1);
        var (a, b, c) = (await BeginAsync(fixture.Alpha, limited), await BeginAsync(fixture.Alpha, limited), await BeginAsync(fixture.Alpha, limited));
        await GrantedAsync(a);
        await DeferredAsync(b);
        await DeferredAsync(c);
        await EndAsync(b, completed: false);
        await EndAsync(a);
        await GrantedAsync(c);
        await EndAsync(c);
        var host = limited.ToString();
        Assert.Equal(0, await fixture.ScalarAsync<long>($"SELECT count(*) FROM reservations WHERE '{host}' IN (host_id, source_host_id)"));
        Assert.Equal(0, await fixture.ScalarAsync<long>($"SELECT count(*) FROM reservation_waits WHERE '{host}' = ANY (turned_away_by)"));
    }

    [Fact]
    public async Task One_whose_saga_asks_no_more_does_not_keep_the_slot_from_the_others()
    {
        var limited = await AddHostAsync(places: 1);
        var (a, b, c) = (await BeginAsync(fixture.Alpha, limited), await BeginAsync(fixture.Alpha, limited), await BeginAsync(fixture.Alpha, limited));
        await GrantedAsync(a);
        await DeferredAsync(b);
        await fixture.ScalarAsync<Guid>($"UPDATE reservation_waits SET asked_at = asked_at - interval '2 minutes' WHERE operation_id = '{b.Id}' RETURNING operation_id");
        await EndAsync(a);
        await GrantedAsync(c);
    }

    [Fact]
    public async Task Shares_of_the_bandwidth_never_add_up_to_more_than_either_host_has()
    {
        var (narrow, wide) = (await AddHostAsync(places: 3, bandwidthMiBps: 100), await AddHostAsync(bandwidthMiBps: 1000));
        var movers = new List<Mover>();
        for (var i = 0; i < 3; i++)
        {
            movers.Add(await BeginAsync(narrow, wide));
            Assert.Equal(33, (await GrantedAsync(movers[^1])).BandwidthMiBps);
        }

        Assert.Equal(33, (await fixture.GetAsync($"/v1/migrations/{movers[0].Id}")).GetProperty("grantedBandwidthMiBps").GetInt32());
        Assert.Equal(33, (await GrantedAsync(movers[0])).BandwidthMiBps);
        Assert.Equal(250, (await GrantedAsync(await BeginAsync(fixture.Alpha, wide))).BandwidthMiBps);
        Assert.Equal(7, (await GrantedAsync(await BeginAsync(fixture.Alpha, wide, wishMiBps: 7))).BandwidthMiBps);
        Assert.Equal(9, (await GrantedAsync(await BeginAsync(fixture.Alpha, fixture.Beta, wishMiBps: 9))).BandwidthMiBps);
        Assert.Null((await GrantedAsync(await BeginAsync(fixture.Alpha, fixture.Beta))).BandwidthMiBps);
    }

    [Fact]
    public async Task Without_bandwidth_left_a_migration_waits()
    {
        var narrow = await AddHostAsync(bandwidthMiBps: 100);
        var movers = new List<Mover>();
        for (var i = 0; i < 4; i++)
        {
            movers.Add(await BeginAsync(fixture.Alpha, narrow));
            Assert.Equal(25, (await GrantedAsync(movers[^1])).BandwidthMiBps);
        }

        var fifth = await BeginAsync(fixture.Alpha, narrow);
        Assert.Contains("granted 100 MiB/s of 100 MiB/s to 4 migrations; 25 MiB/s are needed", (await DeferredAsync(fifth)).Reason);
        await EndAsync(movers[0]);
        Assert.Equal(25, (await GrantedAsync(fifth)).BandwidthMiBps);
    }

    [Fact]
    public async Task Of_many_that_ask_at_once_only_as_many_begin_as_both_hosts_allow()
    {
        var (left, right) = (await AddHostAsync(places: 3), await AddHostAsync(places: 3));
        var movers = new List<Mover>();
        for (var i = 0; i < 10; i++)
        {
            movers.Add(i % 2 == 0 ? await BeginAsync(left, right) : await BeginAsync(right, left));
        }

        var answers = await Task.WhenAll(movers.Select(AskAsync));
        Assert.Equal((3, 7), (answers.OfType<MigrationCapacityReserved>().Count(), answers.OfType<MigrationCapacityDeferred>().Count()));
    }

    [Fact]
    public async Task A_host_whose_limit_is_zero_takes_part_in_none()
    {
        var closed = await AddHostAsync(places: 0);
        var vm = await fixture.AddVmAsync(VmState.Running);
        using var refused = await fixture.PostAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = closed });
        await OrchestratorFixture.ProblemAsync(refused, 409, "host-takes-no-migrations");
    }
}

/// <summary>The platform's own limit.</summary>
public sealed class PlatformLimitTests : IAsyncLifetime
{
    readonly OrchestratorFixture fixture = new();

    public ValueTask InitializeAsync() => fixture.StartAsync(new() { ["MaxConcurrentMigrations"] = "1" });

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task The_platform_may_have_a_limit_of_its_own()
    {
        var ids = new List<(VmId Vm, OperationId Id)>();
        for (var i = 0; i < 2; i++)
        {
            var vm = await fixture.AddVmAsync(VmState.Running);
            ids.Add((vm, OrchestratorFixture.IdOf(await fixture.AcceptedAsync($"/v1/vms/{vm}/migrations", new { destinationHostId = fixture.Beta }))));
            await fixture.SendToOrchestratorAsync(new ReserveMigrationCapacity { OperationId = ids[i].Id, VmId = vm, HostId = fixture.Beta, MemoryMiB = 1, Vcpus = 1 });
            await Eventually.Until(() => fixture.Probe.Of<MigrationCapacityReserved>().Count + fixture.Probe.Of<MigrationCapacityDeferred>().Count == i + 1, "answered");
        }

        Assert.Equal(ids[0].Id, Assert.Single(fixture.Probe.Of<MigrationCapacityReserved>()).OperationId);
        var deferred = Assert.Single(fixture.Probe.Of<MigrationCapacityDeferred>());
        Assert.Equal((ids[1].Id, fixture.Beta), (deferred.OperationId, deferred.HostId));
        Assert.Contains("The platform has 1 migrations of at most 1", deferred.Reason);
    }
}
