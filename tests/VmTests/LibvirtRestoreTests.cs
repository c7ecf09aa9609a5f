using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Libvirt;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>
/// Faults while the guest is already paused for its switch-over, and after it: the source takes it back whole where it may, and refuses where it
/// can tell that it must not. Each test has hosts of its own.
/// </summary>
[Collection(VmCollections.Faults)]
public sealed class LibvirtRestoreTests : IAsyncLifetime
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
    public async Task Destination_losing_power_in_the_switch_over()
    {
        await StartHostsAsync();
        var (id, transfer, _) = await SwitchOverAsync("power");
        await _hosts.CrashAsync(2);
        Assert.NotEqual(VmTransferOutcome.Completed, (await transfer.WaitAsync(TimeSpan.FromSeconds(60))).Outcome);
        await RestoredAsync(id, "power");
    }

    [Fact]
    public async Task Killed_libvirtd_of_the_source_in_the_switch_over()
    {
        await StartHostsAsync();
        var (id, transfer, _) = await SwitchOverAsync("daemon");
        await _hosts.KillDaemonAsync(1);
        Assert.Equal(VmTransferOutcome.Indeterminate, (await transfer.WaitAsync(TimeSpan.FromSeconds(60))).Outcome);
        await Eventually.Until(async () => !(await InspectAsync(_destination, id)).Exists, "the destination has nothing", 60);
        await RestoredAsync(id, "daemon");
    }

    [Fact]
    public async Task Cut_link_in_the_switch_over()
    {
        await StartHostsAsync(ownNetworks: true);
        var (id, transfer, abort) = await SwitchOverAsync("link");
        await _hosts.SetLinkAsync(2, up: false);
        await abort.CancelAsync();
        Assert.NotEqual(VmTransferOutcome.Completed, (await transfer.WaitAsync(TimeSpan.FromSeconds(120))).Outcome);
        await _hosts.SetLinkAsync(2, up: true);
        await Eventually.Until(() => CleanedUpAsync(id), "the incomplete copy is gone", 120);
        await RestoredAsync(id, "link");
    }

    [Fact]
    public async Task Guest_that_was_paused_by_someone_stays_paused()
    {
        await StartHostsAsync();
        var id = await StartAsync("left-paused");
        await _source.Power!.PauseAsync(id, s_none);
        Assert.Equal(VmState.Paused, await _source.Migration!.RestoreSourceAsync(id, wasRunning: false, s_none));
        Assert.Equal(VmState.Paused, await _source.Migration.RestoreSourceAsync(id, wasRunning: true, s_none));
        Assert.Equal(ErrorKind.InvalidState, (await Assert.ThrowsAsync<HypervisorException>(() => _source.Migration.ConfirmSourceAsync(id, s_none))).Kind);
    }

    [Fact]
    public async Task Transfer_that_is_only_to_be_followed_begins_nothing()
    {
        await StartHostsAsync();
        var id = await StartAsync("followed");
        var policy = new MigrationPolicy();
        var (_, facts) = await _source.Migration!.CheckSourceAsync(id, policy, s_none);
        var uri = await _destination.Migration!.PrepareDestinationAsync(facts!, policy, s_none);
        var result = await _source.Migration.TransferAsync(new TransferRequest(id, uri, policy, facts, AttachOnly: true), new Progress<MigrationProgress>(), s_none);
        Assert.Equal((VmTransferOutcome.Failed, "transfer-ended"), (result.Outcome, result.Error?.Code));
        Assert.False((await InspectAsync(_destination, id)).Exists);
        Assert.Equal(VmState.Running, (await InspectAsync(_source, id)).State);
    }

    [Fact]
    public async Task Broken_post_copy_is_undecided_refuses_to_be_restored_and_goes_on_when_asked_again()
    {
        await StartHostsAsync();
        if (!(await _source.GetCapabilitiesAsync(s_none)).Facets.Contains("migration-postcopy"))
        {
            Assert.Skip("This machine offers no post-copy.");
        }

        var id = await StartAsync("broken");
        var policy = new MigrationPolicy { BandwidthMiBps = 4, Ladder = [new ConvergenceStep { AfterSeconds = 1, Action = ConvergenceAction.PostCopy }] };
        var (_, facts) = await _source.Migration!.CheckSourceAsync(id, policy, s_none);
        var uri = await _destination.Migration!.PrepareDestinationAsync(facts!, policy, s_none);
        var transfer = _source.Migration.TransferAsync(new TransferRequest(id, uri, policy, facts), new Progress<MigrationProgress>(), s_none);
        await Eventually.Until(async () => (await InspectAsync(_destination, id)).PostCopy, "the destination runs it", 60);
        await _hosts.MonitorAsync(1, "broken", "migrate-pause");
        var result = await transfer.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((VmTransferOutcome.Indeterminate, "post-copy-failed"), (result.Outcome, result.Error?.Code));
        Assert.True((await InspectAsync(_source, id)) is { PostCopy: true, PausedByMigration: true }, $"{await InspectAsync(_source, id)}");
        Assert.True((await InspectAsync(_destination, id)).PostCopy, $"{await InspectAsync(_destination, id)}");
        Assert.Equal("post-copy-began", (await Assert.ThrowsAsync<HypervisorException>(() => _source.Migration.RestoreSourceAsync(id, true, s_none))).Error.Code);
        Assert.Equal(ErrorKind.InvalidState, (await Assert.ThrowsAsync<HypervisorException>(() => _source.Migration.ConfirmSourceAsync(id, s_none))).Kind);
        Assert.Equal(ErrorKind.InvalidState, (await Assert.ThrowsAsync<HypervisorException>(() => _destination.Migration.CleanUpDestinationAsync(id, facts, s_none))).Kind);

        var again = await _source.Migration.TransferAsync(new TransferRequest(id, uri, policy, facts, AttachOnly: true), new Progress<MigrationProgress>(), s_none);
        Assert.True(again.Outcome == VmTransferOutcome.Completed, again.ToString());
        Assert.Equal(VmState.Running, await _destination.Migration.FinishDestinationAsync(id, facts, s_none));
        await _source.Migration.ConfirmSourceAsync(id, s_none);
        await WholeAsync(_destination, id, 2, "broken");
    }

    /// <summary>A transfer whose guest is paused for the move with most of its memory still to come.</summary>
    async Task<(VmId Id, Task<TransferResult> Transfer, CancellationTokenSource Abort)> SwitchOverAsync(string name)
    {
        var id = await StartAsync(name);
        var policy = new MigrationPolicy { BandwidthMiBps = 1, Ladder = [new ConvergenceStep { AfterSeconds = 1, Action = ConvergenceAction.Suspend }] };
        var (_, facts) = await _source.Migration!.CheckSourceAsync(id, policy, s_none);
        var uri = await _destination.Migration!.PrepareDestinationAsync(facts!, policy, s_none);
        var abort = new CancellationTokenSource();
        var transfer = _source.Migration.TransferAsync(new TransferRequest(id, uri, policy, facts), new Progress<MigrationProgress>(), abort.Token);
        await Eventually.Until(async () => (await InspectAsync(_source, id)).PausedByMigration, "the guest is paused for the move", 60);
        var there = await InspectAsync(_destination, id);
        Assert.True(there is { Incoming: true, PausedByMigration: true, PostCopy: false }, there.ToString());
        Assert.False((await InspectAsync(_source, id)).Incoming);
        Assert.Equal(ErrorKind.InvalidState, (await Assert.ThrowsAsync<HypervisorException>(() => _source.Migration.RestoreSourceAsync(id, true, s_none))).Kind);
        Assert.Equal("incoming-active", (await Assert.ThrowsAsync<HypervisorException>(() => _destination.Migration.CleanUpDestinationAsync(id, facts, s_none))).Error.Code);

        // What is being received is paused as a leftover is; neither side of a move under way is one.
        foreach (var driver in new[] { _source, _destination })
        {
            Assert.Equal(ErrorKind.InvalidState, (await Assert.ThrowsAsync<HypervisorException>(() => driver.Migration!.ConfirmSourceAsync(id, s_none))).Kind);
        }

        Assert.Equal(2, LibvirtHosts.QemuProcesses(id.Value));
        return (id, transfer, abort);
    }

    async Task RestoredAsync(VmId id, string name)
    {
        await Eventually.Until(
            async () =>
            {
                try
                {
                    return await _source.Migration!.RestoreSourceAsync(id, wasRunning: true, s_none) == VmState.Running;
                }
                catch (HypervisorException e) when (e.Kind == ErrorKind.Transient || e.Error.Code == "job-active")
                {
                    return false;
                }
            },
            "the guest runs on the source again",
            90);
        Assert.Equal(1, LibvirtHosts.QemuProcesses(id.Value));
        await WholeAsync(_source, id, 1, name);
    }

    async Task WholeAsync(LibvirtDriver on, VmId id, int host, string name)
    {
        var passes = _hosts.SerialLog(host, name).Count(c => c == '+');
        await Eventually.Until(() => _hosts.SerialLog(host, name).Count(c => c == '+') >= passes + 2, "the guest passes over its memory", 120);
        var disk = (await on.GetAsync(id, s_none))!.Disks[0].Source!;
        await on.ForceOffAsync(id, s_none);
        string[] logs = host == 1 ? [_hosts.SerialLog(1, name)] : [_hosts.SerialLog(1, name), _hosts.SerialLog(2, name)];
        Assert.Null(GuestCounter.Fault(logs, await GuestCounter.OnDiskAsync(disk), moves: 1));
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

    async Task<VmId> StartAsync(string name)
    {
        var id = new VmId(Guid.NewGuid());
        await _source.Definition!.DefineAsync(id, await _hosts.NewSpecAsync(name, busy: true, counting: true), s_none);
        await _source.StartAsync(id, s_none);
        await Eventually.Until(() => _hosts.SerialLog(1, name).Contains('+'), "the guest has been over its memory", 60);
        return id;
    }

    async Task<bool> CleanedUpAsync(VmId id)
    {
        try
        {
            await _destination.Migration!.CleanUpDestinationAsync(id, null, s_none);
            return !(await _destination.Migration.InspectAsync(id, s_none)).Exists;
        }
        catch (HypervisorException e) when (e.Kind == ErrorKind.Transient)
        {
            return false;
        }
    }

    static async Task<VmPresence> InspectAsync(LibvirtDriver driver, VmId id)
    {
        try
        {
            return await driver.Migration!.InspectAsync(id, s_none);
        }
        catch (HypervisorException e) when (e.Kind == ErrorKind.Transient)
        {
            return new VmPresence(true, VmState.Unknown, false, 0);
        }
    }
}
