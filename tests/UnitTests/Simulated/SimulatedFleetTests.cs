using HvPlatform.Contracts;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.UnitTests.Simulated;

public sealed class SimulatedFleetTests
{
    [Fact]
    public async Task Same_seed_gives_the_same_fleet_and_another_seed_another()
    {
        var one = await DescribeAsync(5);
        Assert.Equal(one, await DescribeAsync(5));
        Assert.NotEqual(one, await DescribeAsync(6));
        Assert.Equal(3 * 4, one.Count);
        Assert.Equal(one.Count, one.Select(v => v.Id).Distinct().Count());
    }

    [Fact]
    public async Task Everything_says_that_it_is_simulated()
    {
        var fleet = Fleet(1);
        await using var driver = new SimulatedDriver(fleet, fleet.Hosts[0].Id);
        Assert.Equal(HypervisorKind.Simulated, driver.Kind);
        Assert.Equal("Simulated hypervisor", (await driver.GetCapabilitiesAsync(default)).Hypervisor);
        Assert.StartsWith("sim-", (await driver.GetHostAsync(default)).Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Facet_that_the_host_does_not_offer_is_absent()
    {
        var fleet = new SimulatedFleet(1, TimeProvider.System);
        await using var driver = new SimulatedDriver(fleet, fleet.AddHost(new SimulatedHostOptions { Facets = ["power"] }).Id);
        Assert.NotNull(driver.Power);
        Assert.Null(driver.Migration);
        Assert.Equal(["power"], (await driver.GetCapabilitiesAsync(default)).Facets);
        Assert.Null((await driver.GetCapabilitiesAsync(default)).MigrationUri);
    }

    [Fact]
    public async Task Planted_fault_hits_the_call_it_is_aimed_at_and_only_so_often()
    {
        var fleet = Fleet(1);
        var host = fleet.Hosts[0];
        await using var driver = new SimulatedDriver(fleet, host.Id);
        var error = new ErrorInfo { Kind = ErrorKind.Denied, Code = "planted", Message = "planted" };
        host.Inject(new SimulatedFault { Operation = SimulatedOperation.List, Error = error });
        await driver.GetHostAsync(default);
        Assert.Same(error, (await Assert.ThrowsAsync<HypervisorException>(() => driver.ListAsync(default))).Error);
        Assert.Equal(4, (await driver.ListAsync(default)).Vms.Count);
    }

    [Fact]
    public async Task Fault_after_the_effect_loses_the_answer_and_not_the_work()
    {
        var fleet = Fleet(1);
        var host = fleet.Hosts[0];
        await using var driver = new SimulatedDriver(fleet, host.Id);
        var vm = (await driver.ListAsync(default)).Vms.First(v => v.State == VmState.Running).Id;
        host.Inject(new SimulatedFault { Operation = SimulatedOperation.Pause, LoseConnection = true, AfterEffect = true });
        Assert.Equal(ErrorKind.Transient, (await Assert.ThrowsAsync<HypervisorException>(() => driver.Power!.PauseAsync(vm, default))).Kind);
        Assert.Equal(VmState.Paused, (await driver.GetAsync(vm, default))!.State);
    }

    [Fact]
    public async Task Call_that_hangs_comes_back_when_it_is_cancelled()
    {
        var fleet = Fleet(1);
        await using var driver = new SimulatedDriver(fleet, fleet.Hosts[0].Id);
        fleet.Hosts[0].Inject(new SimulatedFault { Operation = SimulatedOperation.List, Hang = true });
        using var stop = new CancellationTokenSource();
        var call = driver.ListAsync(stop.Token);
        Assert.False(call.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Power_loss_ends_every_watch_and_turns_every_vm_off()
    {
        var fleet = Fleet(1);
        var host = fleet.Hosts[0];
        await using var driver = new SimulatedDriver(fleet, host.Id);
        await using var watch = driver.WatchAsync(default).GetAsyncEnumerator();
        var next = watch.MoveNextAsync();
        host.PowerLoss();
        Assert.Equal(ErrorKind.Transient, (await Assert.ThrowsAsync<HypervisorException>(async () => await next)).Kind);
        Assert.Equal(ErrorKind.Transient, (await Assert.ThrowsAsync<HypervisorException>(() => driver.ListAsync(default))).Kind);
        host.PowerOn();
        Assert.All((await driver.ListAsync(default)).Vms, v => Assert.Equal(VmState.Off, v.State));
    }

    [Fact]
    public async Task Thousand_hosts_with_25_vms_fit_into_one_process()
    {
        var fleet = new SimulatedFleet(1, TimeProvider.System);
        fleet.Populate(1000, 25);
        var vms = 0;
        foreach (var host in fleet.Hosts)
        {
            await using var driver = new SimulatedDriver(fleet, host.Id);
            vms += (await driver.ListAsync(default)).Vms.Count;
            Assert.True(await driver.GetFreeMemoryMiBAsync(default) >= 0);
        }

        Assert.Equal(25_000, vms);
    }

    [Fact]
    public async Task Guest_that_ignores_the_request_stays_on()
    {
        var fleet = new SimulatedFleet(1, TimeProvider.System);
        var host = fleet.AddHost();
        var deaf = VmId.From(Guid.NewGuid());
        var good = VmId.From(Guid.NewGuid());
        host.AddVm(SimulatedFleet.NewVm(deaf, "deaf", 1, 64, VmState.Running), new SimulatedGuest { ShutdownMs = null });
        host.AddVm(SimulatedFleet.NewVm(good, "good", 1, 64, VmState.Running), new SimulatedGuest { ShutdownMs = 1 });
        await using var driver = new SimulatedDriver(fleet, host.Id);
        await driver.Power!.ShutDownAsync(deaf, default);
        await driver.Power.ShutDownAsync(good, default);
        await Eventually.Until(async () => (await driver.GetAsync(good, default))!.State == VmState.Off, "the good guest is off");
        Assert.Equal(VmState.Running, (await driver.GetAsync(deaf, default))!.State);
    }

    static SimulatedFleet Fleet(int hosts, int seed = 5)
    {
        var fleet = new SimulatedFleet(seed, TimeProvider.System);
        fleet.Populate(hosts, 4);
        return fleet;
    }

    static async Task<List<(VmId Id, string Name, long MemoryMiB, VmState State)>> DescribeAsync(int seed)
    {
        var fleet = new SimulatedFleet(seed, TimeProvider.System);
        fleet.Populate(3, 4);
        var all = new List<(VmId, string, long, VmState)>();
        foreach (var host in fleet.Hosts)
        {
            await using var driver = new SimulatedDriver(fleet, host.Id);
            all.AddRange((await driver.ListAsync(default)).Vms.Select(v => (v.Id, v.Name, v.MemoryMiB, v.State)));
        }

        return all;
    }
}
