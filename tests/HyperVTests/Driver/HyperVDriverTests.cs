using System.Net;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;
using HvPlatform.HyperVSimulator;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

/// <summary>The driver against a simulated host, over the wire and without one.</summary>
public sealed class HyperVDriverTests : IAsyncLifetime
{
    private const int Vms = 30;
    private HyperVFleet fleet = null!;

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => fleet = await HyperVFleet.StartAsync(
        new HyperVFleetOptions { Vms = Vms, Host = new() { JobDuration = TimeSpan.FromMilliseconds(60), GuestBootDuration = TimeSpan.FromMilliseconds(50) } }, None);

    public ValueTask DisposeAsync() => fleet.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_whole_host_is_read(bool wire)
    {
        await using var driver = await ConnectAsync(wire);
        var scan = await driver.ListAsync(None);
        Assert.Empty(scan.Unreadable);
        Assert.Equal(Vms, scan.Vms.Count);
        Assert.All(scan.Vms, vm =>
        {
            Assert.True(vm.Vcpus > 0 && vm.MemoryMiB > 0, vm.ToString());
            Assert.StartsWith("vm", vm.Name, StringComparison.Ordinal);
            Assert.NotEmpty(vm.Disks);
            Assert.All(vm.Disks, disk => Assert.Matches("^(IDE|SCSI) [0-9]:[0-9]+$", disk.Target));
            Assert.All(vm.Nics, nic => Assert.NotNull(nic.Network));
            Assert.NotNull(vm.Details!.Hardware!.Version);
            Assert.Contains(vm.Details.Hardware.Generation, (int?[])[1, 2]);
            Assert.NotNull(vm.Details.CreatedAt);
            Assert.NotNull(vm.Details.Security!.Tpm);
            Assert.NotNull(vm.Details.Services!.GuestServiceInterface);
            Assert.NotNull(vm.Figures!.Status!.Health);
        });
        var running = scan.Vms.First(vm => vm.State is VmState.Running);
        Assert.True(running.Figures!.MemoryAssignedMiB > 0 && running.Figures.UptimeSeconds >= 0 && running.Figures.CpuUsagePercent >= 0, running.Figures.ToString());
        Assert.Contains(scan.Vms, vm => vm.Details!.Guest is { OperatingSystem: not null, OperatingSystemVersion: not null, Architecture: not null, Family: not null });
    }

    [Fact]
    public async Task One_vm_is_read_as_in_the_list()
    {
        await using var driver = await ConnectAsync(wire: true);
        foreach (var listed in (await driver.ListAsync(None)).Vms.Take(5))
        {
            var one = await driver.GetAsync(listed.Id, None);
            Assert.Equal(listed.Details, one!.Details);
            Assert.Equal(listed with { Details = null, Figures = null, Disks = [], Nics = [] }, one with { Details = null, Figures = null, Disks = [], Nics = [] });
            Assert.Equal(listed.Disks, one.Disks);
            Assert.Equal(listed.Nics, one.Nics);
        }

        Assert.Null(await driver.GetAsync(new VmId(Guid.NewGuid()), None));
    }

    [Fact]
    public async Task Snapshots_are_no_vms()
    {
        await using var driver = await ConnectAsync(wire: false);
        var vm = (await driver.ListAsync(None)).Vms.First(one => one.State is VmState.Running);
        await driver.Checkpoints!.CreateAsync(vm.Id, "before", None);
        var scan = await driver.ListAsync(None);
        Assert.Equal(Vms, scan.Vms.Count);
        Assert.Equal(vm.Vcpus, scan.Vms.Single(one => one.Id == vm.Id).Vcpus);
    }

    [Fact]
    public async Task Identity_and_capabilities_are_the_hosts_own()
    {
        await using var driver = await ConnectAsync(wire: true);
        var host = await driver.GetHostAsync(None);
        Assert.NotEqual(Guid.Empty, host.Id.Value);
        Assert.Equal(fleet.Hosts[0].Name, host.Name, ignoreCase: true);
        var can = await driver.GetCapabilitiesAsync(None);
        Assert.Matches(@"^Hyper-V 10\.0\.\d+ \(Microsoft Windows Server", can.Hypervisor);
        Assert.True(can.CpuCount > 0 && can.MemoryMiB > 0 && can.CpuModel.Length > 0, can.ToString());
        Assert.Contains("power", can.Facets);
        var more = can.HyperV!;
        Assert.Contains("10.0", more.VmVersions);
        Assert.Contains(more.DefaultVmVersion, more.VmVersions);
        Assert.Equal(more.VmVersions.OrderBy(Version.Parse), more.VmVersions);
        Assert.Contains(more.SecureBootTemplates, template => template.Id.Equals("1734c6e8-3154-4dda-ba5f-a874cc483422", StringComparison.OrdinalIgnoreCase));
        Assert.NotEmpty(more.NumaNodes);
        Assert.Contains("TCP", more.MigrationTransports);
        Assert.Contains(more.VmFeatures, feature => feature is { Feature: "hibernation", VmVersion: "9.0" });
        Assert.True(await driver.GetFreeMemoryMiBAsync(None) > 0);
    }

    [Fact]
    public async Task A_vm_is_started_and_turned_off()
    {
        await using var driver = await ConnectAsync(wire: true);
        var vm = (await driver.ListAsync(None)).Vms.First(one => one.State is VmState.Off);
        await driver.StartAsync(vm.Id, None);
        Assert.Equal(VmState.Running, (await driver.GetAsync(vm.Id, None))!.State);
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => driver.StartAsync(vm.Id, None))).Error;
        Assert.Equal((ErrorKind.InvalidState, "Running"), (error.Kind, error.CurrentState));
        Assert.Contains("Saved", error.AllowedStates!);
        await driver.ForceOffAsync(vm.Id, None);
        var off = (await driver.GetAsync(vm.Id, None))!;
        Assert.Equal(VmState.Off, off.State);
        Assert.NotNull(off.Figures!.ShutDownAt);
        Assert.Equal(ErrorKind.InvalidState, (await Assert.ThrowsAsync<HypervisorException>(() => driver.ForceOffAsync(vm.Id, None))).Kind);
        Assert.Equal(ErrorCategory.VmNotFound, (await Assert.ThrowsAsync<HypervisorException>(() => driver.StartAsync(new VmId(Guid.NewGuid()), None))).Error.Category);
    }

    [Fact]
    public async Task Changes_are_seen_by_looking_and_figures_are_none()
    {
        await using var driver = await ConnectAsync(wire: true, poll: TimeSpan.FromMilliseconds(20));
        var vm = (await driver.ListAsync(None)).Vms.First(one => one.State is VmState.Off);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(None);
        stop.CancelAfter(TimeSpan.FromSeconds(30));
        await using var events = driver.WatchAsync(stop.Token).GetAsyncEnumerator(stop.Token);
        var next = events.MoveNextAsync();
        while (!next.IsCompleted)
        {
            // Until the first look is behind, a change is none.
            var now = (await driver.GetAsync(vm.Id, None))!.State;
            await (now is VmState.Off ? driver.StartAsync(vm.Id, None) : driver.ForceOffAsync(vm.Id, None));
        }

        Assert.True(await next);
        Assert.Equal(vm.Id, events.Current.Vm);
        Assert.False(events.Current.Gone);
        Assert.StartsWith("state:", events.Current.Cause, StringComparison.Ordinal);
        await driver.ForceOffIfRunningAsync(vm.Id);
        await driver.Definition!.DeleteAsync(vm.Id, None);
        do
        {
            Assert.True(await events.MoveNextAsync());
            Assert.Equal(vm.Id, events.Current.Vm);
        }
        while (!events.Current.Gone);
    }

    [Fact]
    public async Task A_lost_host_is_transient_and_another_one_at_its_address_is_refused()
    {
        await using var fleet2 = await HyperVFleet.StartAsync(new HyperVFleetOptions { Hosts = 2, Vms = 4 }, None);
        var session = new SwitchedSession(fleet2.Hosts[0].Model.OpenSession());
        await using var driver = await HyperVDriver.ConnectAsync(new HyperVOptions(), _ => session, cancellationToken: None);
        session.Lost = true;
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => driver.ListAsync(None))).Error;
        Assert.Equal((ErrorKind.Transient, ErrorCategory.Connection), (error.Kind, error.Category));
        session.Lost = false;
        Assert.Equal(2, (await driver.ListAsync(None)).Vms.Count);
        session.Lost = true;
        await Assert.ThrowsAsync<HypervisorException>(() => driver.ListAsync(None));
        session.Lost = false;
        session.Inner = fleet2.Hosts[1].Model.OpenSession();
        error = (await Assert.ThrowsAsync<HypervisorException>(() => driver.ListAsync(None))).Error;
        Assert.Equal((ErrorKind.Fatal, "host-changed"), (error.Kind, error.Code));
        Assert.Equal("host-changed", (await Assert.ThrowsAsync<HypervisorException>(() => driver.GetAsync(new VmId(Guid.NewGuid()), None))).Error.Code);
    }

    [Fact]
    public async Task A_watch_of_a_lost_host_ends_as_transient()
    {
        var session = new SwitchedSession(fleet.Hosts[0].Model.OpenSession());
        await using var driver = await HyperVDriver.ConnectAsync(new HyperVOptions { PollInterval = TimeSpan.FromMilliseconds(10) }, _ => session, cancellationToken: None);
        await using var events = driver.WatchAsync(None).GetAsyncEnumerator(None);
        session.Lost = true;
        session.Error = CimErrorKind.Timeout;
        Assert.Equal(ErrorKind.Transient, (await Assert.ThrowsAsync<HypervisorException>(async () => await events.MoveNextAsync())).Kind);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_with_what_to_do()
    {
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => ConnectAsync(wire: true, password: "wrong"))).Error;
        Assert.Equal((ErrorKind.Denied, ErrorCategory.Authentication, FailureType.Configuration), (error.Kind, error.Category, error.FailureType));
        Assert.DoesNotContain("wrong", error.ToString(), StringComparison.Ordinal);
    }

    private Task<HyperVDriver> ConnectAsync(bool wire, TimeSpan? poll = null, string password = "Passw0rd!")
    {
        var options = new HyperVOptions
        {
            Remote = wire
                ? new WsManOptions
                {
                    Address = fleet.Hosts[0].Address,
                    Authentication = WsManAuthentication.Basic,
                    AllowUnencrypted = true,
                    Credential = new NetworkCredential("Administrator", password),
                }
                : null,
            PollInterval = poll ?? TimeSpan.FromSeconds(2),
        };
        return HyperVDriver.ConnectAsync(options, one => wire ? HyperVSessions.Open(one) : fleet.Hosts[0].Model.OpenSession(), cancellationToken: None);
    }
}

file static class DriverExtensions
{
    public static async Task ForceOffIfRunningAsync(this HyperVDriver driver, VmId vm)
    {
        if ((await driver.GetAsync(vm, TestContext.Current.CancellationToken))!.State is not VmState.Off)
        {
            await driver.ForceOffAsync(vm, TestContext.Current.CancellationToken);
        }
    }
}
