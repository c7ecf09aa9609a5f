using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors;
using Xunit;

namespace HvPlatform.TestKit;

/// <summary>The contract of live migration: what holds at each step, and after each end.</summary>
public abstract partial class DriverContractTests
{
    [Fact]
    public async Task Migration_moves_a_running_vm_and_leaves_nothing_behind()
    {
        var id = await StartNewAsync("moving");
        var facts = await CheckBothAsync(id);
        Assert.Equal((await Source.GetHostAsync(None)).Name, facts.SourceHostName);
        Assert.Equal(Source.Kind, facts.Hypervisor);
        Assert.Equal(id, facts.Vm.Id);

        var uri = await Destination.Migration!.PrepareDestinationAsync(facts, new(), None);
        Assert.Equal(uri, await Destination.Migration.PrepareDestinationAsync(facts, new(), None));
        var progress = new ProgressLog();
        var result = await Source.Migration!.TransferAsync(new TransferRequest(id, uri, new MigrationPolicy()), progress, None);

        Assert.Equal(VmTransferOutcome.Completed, result.Outcome);
        Assert.Null(result.Error);
        Assert.True(hosts!.Measures ? result.DowntimeMs >= 0 : result.DowntimeMs is null, "downtime is measured");
        Assert.True(hosts.Measures ? result.TransferredBytes > 0 : result.TransferredBytes is null, "bytes are counted");
        Assert.True(result.ElapsedMs > 0, "time is measured");
        progress.AssertMonotone();
        Assert.Equal(VmState.Running, await Destination.Migration.FinishDestinationAsync(id, null, None));
        await Source.Migration.ConfirmSourceAsync(id, None);
        await Source.Migration.ConfirmSourceAsync(id, None);

        Assert.Null(await Source.GetAsync(id, None));
        var moved = await Destination.GetAsync(id, None);
        Assert.Equal(VmState.Running, moved!.State);
        Assert.True(moved.Persistent);
        Assert.Equal(facts.Vm.Name, moved.Name);
        Assert.False((await Source.Migration.InspectAsync(id, None)).Exists);
        Assert.Equal(VmState.Running, (await Destination.Migration.InspectAsync(id, None)).State);
    }

    [Fact]
    public async Task Paused_vm_arrives_paused()
    {
        var id = await StartNewAsync("paused-move");
        await Source.Power!.PauseAsync(id, None);
        var facts = await CheckBothAsync(id);
        var uri = await Destination.Migration!.PrepareDestinationAsync(facts, new(), None);
        var result = await Source.Migration!.TransferAsync(new TransferRequest(id, uri, new MigrationPolicy()), new ProgressLog(), None);
        Assert.Equal(VmTransferOutcome.Completed, result.Outcome);
        Assert.Equal(VmState.Paused, await Destination.Migration.FinishDestinationAsync(id, null, None));
        await Source.Migration.ConfirmSourceAsync(id, None);
        Assert.Null(await Source.GetAsync(id, None));
    }

    [Fact]
    public async Task Aborted_transfer_leaves_the_vm_running_on_the_source_and_nothing_on_the_destination()
    {
        var (id, transfer, abort, progress) = await StartEndlessTransferAsync("aborted");
        Assert.True((await Source.Migration!.InspectAsync(id, None)).TransferRunning);
        await FailsAsync(ErrorKind.InvalidState, () => Source.Migration.ConfirmSourceAsync(id, None));
        await abort.CancelAsync();
        var result = await transfer;

        Assert.Equal(VmTransferOutcome.Aborted, result.Outcome);
        Assert.Equal(ErrorKind.Cancelled, result.Error?.Kind);
        progress.AssertMonotone();
        await Destination.Migration!.CleanUpDestinationAsync(id, null, None);
        await Destination.Migration.CleanUpDestinationAsync(id, null, None);
        Assert.Null(await Destination.GetAsync(id, None));
        Assert.Equal(VmState.Running, await StateAsync(id));
        Assert.False((await Source.Migration.InspectAsync(id, None)).TransferRunning);
    }

    [Fact]
    public async Task Second_transfer_call_attaches_to_the_running_one()
    {
        var (id, first, abort, _) = await StartEndlessTransferAsync("attached");
        var attached = new ProgressLog();
        using var abortSecond = new CancellationTokenSource();
        var second = Source.Migration!.TransferAsync(
            new TransferRequest(id, "not-used://", new MigrationPolicy()), attached, abortSecond.Token);
        await Eventually.Until(() => attached.Count > 0, "the second call reports progress");
        Assert.False(first.IsCompleted);
        await abortSecond.CancelAsync();
        Assert.Equal(VmTransferOutcome.Aborted, (await second).Outcome);
        Assert.Equal(VmTransferOutcome.Aborted, (await first).Outcome);
        Assert.Equal(VmState.Running, await StateAsync(id));
        abort.Dispose();
    }

    [Fact]
    public async Task Bandwidth_cap_holds_or_is_refused()
    {
        if (!hosts!.CapsBandwidth)
        {
            var (findings, facts) = await Source.Migration!.CheckSourceAsync(await StartNewAsync("uncapped"), new MigrationPolicy { BandwidthMiBps = 8 }, None);
            Assert.Null(facts);
            AssertFails("bandwidth-cap", findings);
            return;
        }

        var (_, transfer, abort, progress) = await StartEndlessTransferAsync("capped");
        await Eventually.Until(() => progress.Last?.ElapsedMs > 1500, "the transfer has run a while");
        var seen = progress.Last!;
        await abort.CancelAsync();
        await transfer;

        // Twice the cap allows for the hypervisor's own accounting: it sends in bursts and counts headers.
        var allowed = 2L * hosts!.SlowBandwidthMiBps * seen.ElapsedMs / 1000 * 1024 * 1024;
        Assert.InRange(seen.TransferredBytes, 1, allowed);
    }

    [Fact]
    public async Task Transfer_without_a_vm_tells_apart_stopped_and_gone()
    {
        var off = await DefineAsync("not-running");
        var stayed = await Source.Migration!.TransferAsync(new TransferRequest(off, await AnyUriAsync(), new MigrationPolicy()), new ProgressLog(), None);
        Assert.Equal(VmTransferOutcome.Failed, stayed.Outcome);
        Assert.Equal(ErrorKind.InvalidState, stayed.Error?.Kind);

        // After a crash of the agent the VM may have arrived already: a source that does not know it cannot tell.
        var gone = await Source.Migration.TransferAsync(
            new TransferRequest(new VmId(Guid.NewGuid()), await AnyUriAsync(), new MigrationPolicy()), new ProgressLog(), None);
        Assert.Equal(VmTransferOutcome.Indeterminate, gone.Outcome);
        Assert.Equal(ErrorKind.NotFound, gone.Error?.Kind);
    }

    [Fact]
    public async Task Source_check_refuses_a_vm_that_is_unknown_or_off_where_only_live_will_do()
    {
        var (unknown, noFacts) = await Source.Migration!.CheckSourceAsync(new VmId(Guid.NewGuid()), new(), None);
        Assert.Null(noFacts);
        AssertFails("vm-exists", unknown);

        var (off, offFacts) = await Source.Migration.CheckSourceAsync(await DefineAsync("off"), new MigrationPolicy { Mode = MigrationMode.Live }, None);
        Assert.Null(offFacts);
        AssertFails("vm-running", off);
    }

    [Fact]
    public async Task Destination_check_names_each_thing_that_does_not_fit()
    {
        var id = await StartNewAsync("misfit");
        var facts = await CheckBothAsync(id);
        AssertFails("memory-fits", await Destination.Migration!.CheckDestinationAsync(facts with { Vm = facts.Vm with { MemoryMiB = 1L << 40 } }, new(), None));
        AssertFails("machine-type", await Destination.Migration.CheckDestinationAsync(facts with { MachineType = "pc-of-next-century" }, new(), None));
        AssertFails("facet", await Destination.Migration.CheckDestinationAsync(facts with { Hypervisor = Source.Kind == HypervisorKind.HyperV ? HypervisorKind.Libvirt : HypervisorKind.HyperV }, new(), None));
        var lost = facts.Vm.Disks[0] with { Source = "/nowhere/at-all.qcow2" };
        AssertFails("disks-reachable", await Destination.Migration.CheckDestinationAsync(facts with { Vm = facts.Vm with { Disks = [lost] } }, new(), None));
        await DefineAsync("misfit", on: Destination);
        AssertFails("name-free", await Destination.Migration.CheckDestinationAsync(facts, new(), None));
        AssertFails("uuid-free", await Source.Migration!.CheckDestinationAsync(facts, new(), None));
    }

    [Fact]
    public async Task Steps_after_the_transfer_refuse_what_would_lose_the_vm()
    {
        var id = await StartNewAsync("guarded");
        await FailsAsync(ErrorKind.NotFound, () => Destination.Migration!.FinishDestinationAsync(id, null, None));
        await FailsAsync(ErrorKind.InvalidState, () => Source.Migration!.ConfirmSourceAsync(id, None));
        await FailsAsync(ErrorKind.InvalidState, () => Source.Migration!.CleanUpDestinationAsync(id, null, None));
        await Destination.Migration!.CleanUpDestinationAsync(id, null, None);
        Assert.Equal(VmState.Running, await StateAsync(id));
    }

    [Fact]
    public async Task Finish_of_a_vm_that_is_off_is_invalid_state()
    {
        var id = await DefineAsync("stale-off", on: Destination);
        await FailsAsync(ErrorKind.InvalidState, () => Destination.Migration!.FinishDestinationAsync(id, null, None));
    }

    async Task<MigrationSourceFacts> CheckBothAsync(VmId id)
    {
        var (onSource, facts) = await Source.Migration!.CheckSourceAsync(id, new(), None);
        Assert.DoesNotContain(onSource, f => !f.Passed);
        Assert.NotNull(facts);
        var onDestination = await Destination.Migration!.CheckDestinationAsync(facts, new(), None);
        Assert.DoesNotContain(onDestination, f => !f.Passed);
        Assert.Superset(
            new HashSet<string> { "vm-exists", "vm-running", "cpu-model", "disks-reachable", "name-free", "uuid-free", "memory-fits", "machine-type" },
            onSource.Concat(onDestination).Select(f => f.Check).ToHashSet());
        return facts;
    }

    async Task<string> AnyUriAsync() => (await Destination.GetCapabilitiesAsync(None)).MigrationUri!;

    async Task<(VmId Id, Task<TransferResult> Transfer, CancellationTokenSource Abort, ProgressLog Progress)> StartEndlessTransferAsync(string name)
    {
        var id = await StartNewAsync(name, busy: true);
        var uri = await Destination.Migration!.PrepareDestinationAsync(await CheckBothAsync(id), new(), None);
        var abort = new CancellationTokenSource();
        var progress = new ProgressLog();
        var policy = hosts!.EndlessPolicy;
        var transfer = Source.Migration!.TransferAsync(new TransferRequest(id, uri, policy), progress, abort.Token);
        await Eventually.Until(() => progress.Last?.TransferredBytes > 0 || transfer.IsCompleted, "bytes are moving");
        Assert.False(transfer.IsCompleted, transfer.IsCompletedSuccessfully ? $"ended: {await transfer}" : "the transfer threw");
        return (id, transfer, abort, progress);
    }

    static void AssertFails(string check, IReadOnlyList<MigrationFinding> findings)
    {
        var failed = findings.Where(f => !f.Passed).ToList();
        Assert.Contains(failed, f => f.Check == check);
        Assert.All(failed, f => Assert.NotEqual("", f.Detail));
    }

    sealed class ProgressLog : IProgress<MigrationProgress>
    {
        readonly List<MigrationProgress> seen = [];

        public int Count
        {
            get
            {
                lock (seen)
                {
                    return seen.Count;
                }
            }
        }

        public MigrationProgress? Last
        {
            get
            {
                lock (seen)
                {
                    return seen.LastOrDefault();
                }
            }
        }

        public void Report(MigrationProgress value)
        {
            lock (seen)
            {
                seen.Add(value);
            }
        }

        public void AssertMonotone()
        {
            lock (seen)
            {
                Assert.NotEmpty(seen);
                Assert.All(seen, p => Assert.InRange(p.Percent, 0, 100));
                Assert.All(seen.Zip(seen.Skip(1)), p => Assert.True(
                    p.First.Percent <= p.Second.Percent && p.First.TransferredBytes <= p.Second.TransferredBytes && p.First.ElapsedMs <= p.Second.ElapsedMs,
                    $"{p.First} then {p.Second}"));
            }
        }
    }
}
