using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Libvirt;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>Hosts, daemons and links that die, each test on hosts of its own: after each, at most one process runs the VM and the driver says what it knows.</summary>
[Collection(VmCollections.Faults)]
public sealed class LibvirtFaultTests : IAsyncLifetime
{
    static readonly CancellationToken s_none = CancellationToken.None;
    readonly List<IAsyncDisposable> _owned = [];
    LibvirtHosts _hosts = null!;
    LibvirtDriver _source = null!;
    LibvirtDriver _destination = null!;

    public ValueTask InitializeAsync()
    {
        LibvirtPair.Require();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            await _owned[i].DisposeAsync();
        }
    }

    [Fact]
    public async Task Address_that_answers_as_another_host_after_a_lost_connection_is_refused()
    {
        await StartHostsAsync();
        var socket = Path.Combine(TemporaryDirectory.Create("hv-socket-"), "libvirt-sock");
        File.CreateSymbolicLink(socket, SocketOf(1));
        await using var driver = await LibvirtDriver.ConnectAsync(await _hosts.OptionsAsync(1) with { Uri = $"qemu+unix:///system?socket={socket}" });
        File.Delete(socket);
        File.CreateSymbolicLink(socket, SocketOf(2));
        await _hosts.KillDaemonAsync(1);
        await Eventually.Until(async () => await CodeAsync() == "host-changed", "the driver has seen that it is another host");
        Assert.Equal("host-changed", await CodeAsync());

        File.Delete(socket);
        File.CreateSymbolicLink(socket, SocketOf(1));
        await Eventually.Until(async () => await CodeAsync() is null, "the driver is back on its own host");

        string SocketOf(int host) => _hosts.Uri(host).Split("socket=")[1];

        async Task<string?> CodeAsync()
        {
            try
            {
                await driver.ListAsync(s_none);
                return null;
            }
            catch (HypervisorException e)
            {
                return e.Error.Code;
            }
        }
    }

    [Fact]
    public async Task Killed_libvirtd_ends_the_watch_and_comes_back_with_the_vm_still_running()
    {
        await StartHostsAsync();
        var id = await StartGuestAsync("survivor");
        await using var watch = _source.WatchAsync(s_none).GetAsyncEnumerator(s_none);
        var next = watch.MoveNextAsync();
        await _hosts.KillDaemonAsync(1);
        var error = await Assert.ThrowsAsync<HypervisorException>(async () =>
        {
            while (await next)
            {
                next = watch.MoveNextAsync();
            }
        });
        Assert.Equal((ErrorKind.Transient, "connection-lost"), (error.Kind, error.Error.Code));

        await Eventually.Until(async () => (await TryGetAsync(_source, id))?.State == VmState.Running, "the driver has reconnected");
        Assert.Equal(1, LibvirtHosts.QemuProcesses(id.Value));
        await using var again = _source.WatchAsync(s_none).GetAsyncEnumerator(s_none);
        var seen = again.MoveNextAsync();
        await _source.Power!.PauseAsync(id, s_none);
        Assert.True(await seen);
        Assert.Equal(id, again.Current.Vm);
    }

    [Fact]
    public async Task Destination_losing_power_during_the_transfer_leaves_the_vm_on_the_source()
    {
        await StartHostsAsync();
        var (id, transfer, _) = await TransferEndlesslyAsync("kept");
        await _hosts.CrashAsync(2);
        var result = await transfer.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((VmTransferOutcome.Failed, ErrorKind.Transient), (result.Outcome, result.Error?.Kind));
        Assert.Equal(VmState.Running, (await _source.GetAsync(id, s_none))!.State);
        Assert.False((await _source.Migration!.InspectAsync(id, s_none)).TransferRunning);
        Assert.Equal(1, LibvirtHosts.QemuProcesses(id.Value));

        Assert.Equal(ErrorKind.Transient, (await Assert.ThrowsAsync<HypervisorException>(() => _destination.GetAsync(id, s_none))).Kind);
        await _hosts.StartAgainAsync(2);
        await Eventually.Until(async () => (await ListAsync(_destination))?.Vms.Count == 0, "the destination is back without the VM");
        await _destination.Migration!.CleanUpDestinationAsync(id, null, s_none);
    }

    [Fact]
    public async Task Source_losing_power_during_the_transfer_is_indeterminate_and_leaves_no_copy()
    {
        await StartHostsAsync();
        var (id, transfer, _) = await TransferEndlesslyAsync("lost");
        await _hosts.CrashAsync(1);
        Assert.Equal(VmTransferOutcome.Indeterminate, (await transfer.WaitAsync(TimeSpan.FromSeconds(60))).Outcome);
        await Eventually.Until(
            async () =>
            {
                return await CleanedUpAsync(id) && await _destination.GetAsync(id, s_none) is null;
            },
            "the incomplete copy is gone");
        Assert.Equal(0, LibvirtHosts.QemuProcesses(id.Value));
    }

    [Fact]
    public async Task Killed_libvirtd_of_the_source_during_the_transfer_is_indeterminate_and_the_vm_stays()
    {
        await StartHostsAsync();
        var (id, transfer, _) = await TransferEndlesslyAsync("undecided");
        await _hosts.KillDaemonAsync(1);
        var result = await transfer.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((VmTransferOutcome.Indeterminate, ErrorKind.Transient), (result.Outcome, result.Error?.Kind));
        await Eventually.Until(
            async () => await TryGetAsync(_source, id) is { State: VmState.Running } && !(await _source.Migration!.InspectAsync(id, s_none)).TransferRunning,
            "the VM runs on the source, without a job",
            60);
        await Eventually.Until(async () => await _destination.GetAsync(id, s_none) is null, "the destination has nothing");
        Assert.Equal(1, LibvirtHosts.QemuProcesses(id.Value));
    }

    [Fact]
    public async Task Link_cut_during_the_transfer_can_be_aborted()
    {
        await StartHostsAsync(ownNetworks: true);
        var (id, transfer, abort) = await TransferEndlesslyAsync("cut");
        await _hosts.SetLinkAsync(2, up: false);
        await abort.CancelAsync();
        var result = await transfer.WaitAsync(TimeSpan.FromSeconds(90));
        Assert.NotEqual(VmTransferOutcome.Completed, result.Outcome);
        Assert.Equal(VmState.Running, (await _source.GetAsync(id, s_none))!.State);
        await _hosts.SetLinkAsync(2, up: true);
        await Eventually.Until(
            async () =>
            {
                return await CleanedUpAsync(id) && await _destination.GetAsync(id, s_none) is null;
            },
            "the incomplete copy is gone",
            60);
        Assert.Equal(1, LibvirtHosts.QemuProcesses(id.Value));
    }

    async Task StartHostsAsync(bool ownNetworks = false)
    {
        _hosts = await LibvirtHosts.StartAsync(2, ownNetworks);
        _owned.Add(_hosts);
        _source = await _hosts.ConnectAsync(1);
        _owned.Add(_source);
        _destination = await _hosts.ConnectAsync(2);
        _owned.Add(_destination);
    }

    async Task<VmId> StartGuestAsync(string name)
    {
        var id = new VmId(Guid.NewGuid());
        await _source.Definition!.DefineAsync(id, await _hosts.NewSpecAsync(name, busy: true), s_none);
        await _source.StartAsync(id, s_none);
        await Eventually.Until(() => _hosts.SerialLog(1, name).Contains('R'), "the guest is up");
        return id;
    }

    /// <summary>False while libvirt still believes in the source.</summary>
    async Task<bool> CleanedUpAsync(VmId id)
    {
        try
        {
            await _destination.Migration!.CleanUpDestinationAsync(id, null, s_none);
            return true;
        }
        catch (HypervisorException e) when (e.Kind == ErrorKind.Transient)
        {
            return false;
        }
    }

    async Task<(VmId Id, Task<TransferResult> Transfer, CancellationTokenSource Abort)> TransferEndlesslyAsync(string name)
    {
        var id = await StartGuestAsync(name);
        var (_, facts) = await _source.Migration!.CheckSourceAsync(id, new(), s_none);
        var uri = await _destination.Migration!.PrepareDestinationAsync(facts!, new(), s_none);
        var abort = new CancellationTokenSource();
        var moving = new TaskCompletionSource();
        var progress = new Moving(moving);
        var transfer = _source.Migration.TransferAsync(new TransferRequest(id, uri, new MigrationPolicy { BandwidthMiBps = 2 }), progress, abort.Token);
        await moving.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return (id, transfer, abort);
    }

    static async Task<VmInfo?> TryGetAsync(LibvirtDriver driver, VmId id)
    {
        try
        {
            return await driver.GetAsync(id, s_none);
        }
        catch (HypervisorException e) when (e.Kind == ErrorKind.Transient)
        {
            return null;
        }
    }

    static async Task<HostScan?> ListAsync(LibvirtDriver driver)
    {
        try
        {
            return await driver.ListAsync(s_none);
        }
        catch (HypervisorException e) when (e.Kind == ErrorKind.Transient)
        {
            return null;
        }
    }

    sealed class Moving(TaskCompletionSource moving) : IProgress<MigrationProgress>
    {
        public void Report(MigrationProgress value)
        {
            if (value.TransferredBytes > 0)
            {
                moving.TrySetResult();
            }
        }
    }
}
