using System.Diagnostics;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Forecasting;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.VmTests;

/// <summary>A guest that dirties memory faster than the bandwidth allows: what is measured of it before, and each rung that ends its transfer.</summary>
[Collection(VmCollections.Moves)]
public sealed class LibvirtConvergenceTests(LibvirtPair pair) : LibvirtPairTest(pair)
{
    const int CapMiBps = 8;

    [Fact]
    public async Task Longer_downtime_ends_it()
    {
        var (result, progress) = await ClimbAsync("longer", Rung(ConvergenceAction.RaiseDowntime, 120_000));
        Assert.True(result.Outcome == VmTransferOutcome.Completed, result.ToString());
        Assert.Equal(1, progress.Last!.LadderRungs);
    }

    [Fact]
    public async Task Suspended_for_the_move_it_runs_on_at_the_destination()
    {
        var (result, progress) = await ClimbAsync("suspended", Rung(ConvergenceAction.Suspend));
        Assert.True(result.Outcome == VmTransferOutcome.Completed, result.ToString());
        Assert.Equal(1, progress.Last!.LadderRungs);
    }

    [Fact]
    public async Task Last_rung_gives_up_and_the_vm_stays()
    {
        var (result, progress) = await ClimbAsync("given-up", Rung(ConvergenceAction.RaiseDowntime, 10), Rung(ConvergenceAction.Abort));
        Assert.Equal((VmTransferOutcome.Failed, "not-converging", ErrorKind.Timeout), (result.Outcome, result.Error?.Code, result.Error?.Kind));
        Assert.True(progress.Last!.LadderRungs >= 1);
    }

    [Fact]
    public async Task Post_copy_ends_it_and_no_page_is_lost()
    {
        await RequirePostCopyAsync();
        var (result, progress) = await ClimbAsync("post-copied", Rung(ConvergenceAction.PostCopy));
        Assert.True(result.Outcome == VmTransferOutcome.Completed, result.ToString());
        Assert.Contains(progress.All, p => p is { PostCopy: true, LadderRungs: 1 });
    }

    [Fact]
    public async Task Both_sides_say_that_they_are_in_post_copy_until_it_ends()
    {
        await RequirePostCopyAsync();
        var policy = new MigrationPolicy { BandwidthMiBps = 4, Ladder = [Rung(ConvergenceAction.PostCopy)] };
        var (id, transfer, facts) = await BeginAsync("in-post-copy", policy);
        await Eventually.Until(async () => (await Destination.Migration!.InspectAsync(id, None)).PostCopy, "the destination runs it", 60);
        var there = await Destination.Migration!.InspectAsync(id, None);
        var here = await Source.Migration!.InspectAsync(id, None);
        Assert.Equal((VmState.Running, false), (there.State, there.Incoming));
        Assert.True(here is { State: VmState.Paused, PausedByMigration: true, PostCopy: true, TransferRunning: true }, here.ToString());
        Assert.Equal("post-copy-unfinished", (await Assert.ThrowsAsync<HypervisorException>(() => Destination.Migration.FinishDestinationAsync(id, facts, None))).Error.Code);
        Assert.Equal("post-copy-began", (await Assert.ThrowsAsync<HypervisorException>(() => Source.Migration.RestoreSourceAsync(id, true, None))).Error.Code);
        Assert.Equal(ErrorKind.InvalidState, (await Assert.ThrowsAsync<HypervisorException>(() => Destination.Migration.CleanUpDestinationAsync(id, facts, None))).Kind);
        Assert.Equal(VmTransferOutcome.Completed, (await transfer).Outcome);
        Assert.Equal(VmState.Running, await Destination.Migration.FinishDestinationAsync(id, facts, None));
        Assert.False((await Destination.Migration.InspectAsync(id, None)).PostCopy);
    }

    [Fact]
    public async Task Rungs_are_climbed_of_a_transfer_that_an_agent_left_behind()
    {
        var id = await StartAsync(await Hosts.NewSpecAsync("left-behind", busy: true, counting: true));
        var (facts, uri) = await PrepareAsync(id, new());
        using var agent = Process.Start("virsh", ["-c", Hosts.Uri(1), "migrate", "--live", "--p2p", "--persistent", "--undefinesource", "--unsafe", "--bandwidth", "8", "left-behind", uri]);
        await Eventually.Until(async () => (await Source.Migration!.InspectAsync(id, None)).TransferRunning, "virsh's transfer runs");
        agent.Kill();
        await agent.WaitForExitAsync(None);
        var progress = new ProgressSeen();
        var result = await Source.Migration!.TransferAsync(new TransferRequest(id, uri, new MigrationPolicy { Ladder = [Rung(ConvergenceAction.Suspend)] }, facts), progress, None);
        Assert.True(result.Outcome == VmTransferOutcome.Completed, result.ToString());
        Assert.Equal(1, progress.Last!.LadderRungs);
        Assert.Equal(VmState.Running, await Destination.Migration!.FinishDestinationAsync(id, facts, None));
    }

    [Fact]
    public async Task Throttle_of_auto_converge_is_told()
    {
        var policy = new MigrationPolicy { BandwidthMiBps = 16, AutoConverge = true };
        var (id, transfer, _) = await BeginAsync("throttled", policy, out var progress, out var abort);
        await Eventually.Until(() => progress.Last?.ThrottlePercent > 0 || transfer.IsCompleted, "the guest is slowed", 180);
        Assert.Contains(progress.All, p => p.ThrottlePercent > 0);
        await abort.CancelAsync();
        await transfer;
        Assert.NotEqual(default, id);
    }

    [Fact]
    public async Task Dirty_rate_is_measured_before_the_start_when_it_is_asked_for_and_decides_the_forecast()
    {
        var busy = await StartAsync(await Hosts.NewSpecAsync("dirty", busy: true));
        var idle = await StartAsync(await Hosts.NewSpecAsync("clean"));
        Assert.Null((await Source.Migration!.CheckSourceAsync(busy, new(), None)).Facts!.DirtyRateMiBps);
        var policy = new MigrationPolicy { RequireConvergence = true };
        var ofBusy = (await Source.Migration.CheckSourceAsync(busy, policy, None)).Facts!;
        var ofIdle = (await Source.Migration.CheckSourceAsync(idle, policy, None)).Facts!;
        Assert.InRange(ofBusy.DirtyRateMiBps!.Value, 3, 64);
        Assert.InRange(ofIdle.DirtyRateMiBps!.Value, 0, 1);

        // What the agent makes of it: the same cap is too little for the one and enough for the other.
        policy = policy with { BandwidthMiBps = 2 };
        Assert.Equal((false, true), (TransferForecast.Of(ofBusy, policy).Converges, TransferForecast.Of(ofIdle, policy).Converges));
    }

    static ConvergenceStep Rung(ConvergenceAction action, int? downtimeMs = null) => new() { AfterSeconds = 2, Action = action, MaxDowntimeMs = downtimeMs };

    async Task<(TransferResult Result, ProgressSeen Progress)> ClimbAsync(string name, params ConvergenceStep[] ladder)
    {
        var policy = new MigrationPolicy { BandwidthMiBps = CapMiBps, Ladder = ladder };
        var (id, transfer, facts) = await BeginAsync(name, policy, out var progress, out _);
        var result = await transfer;
        progress.AssertTruthful();
        if (result.Outcome != VmTransferOutcome.Completed)
        {
            Assert.Equal(VmState.Running, (await Source.GetAsync(id, None))!.State);
            Assert.Null(await Destination.GetAsync(id, None));
            await CountsOnAsync(1, name);
            return (result, progress);
        }

        Assert.Equal(VmState.Running, await Destination.Migration!.FinishDestinationAsync(id, facts, None));
        await Source.Migration!.ConfirmSourceAsync(id, None);
        await CountsOnAsync(2, name);
        await Eventually.Until(() => Hosts.SerialLog(2, name).Count(c => c == '+') >= 2, "the guest passes over its memory", 120);
        await Destination.ForceOffAsync(id, None);
        var spec = facts.Vm.Disks[0].Source!;
        Assert.Null(GuestCounter.Fault([Hosts.SerialLog(1, name), Hosts.SerialLog(2, name)], await GuestCounter.OnDiskAsync(spec), moves: 1));
        return (result, progress);
    }

    Task<(VmId Id, Task<TransferResult> Transfer, MigrationSourceFacts Facts)> BeginAsync(string name, MigrationPolicy policy) => BeginAsync(name, policy, out _, out _);

    Task<(VmId Id, Task<TransferResult> Transfer, MigrationSourceFacts Facts)> BeginAsync(string name, MigrationPolicy policy, out ProgressSeen progress, out CancellationTokenSource abort)
    {
        var seen = progress = new ProgressSeen();
        var stop = abort = new CancellationTokenSource();
        return RunAsync();

        async Task<(VmId Id, Task<TransferResult> Transfer, MigrationSourceFacts Facts)> RunAsync()
        {
            var id = await StartAsync(await Hosts.NewSpecAsync(name, busy: true, counting: true));
            await Eventually.Until(() => Hosts.SerialLog(1, name).Contains('+'), "the guest has been over its memory", 60);
            var (facts, uri) = await PrepareAsync(id, policy);
            return (id, Source.Migration!.TransferAsync(new TransferRequest(id, uri, policy, facts), seen, stop.Token), facts);
        }
    }

    async Task RequirePostCopyAsync()
    {
        if (!(await Source.GetCapabilitiesAsync(None)).Facets.Contains("migration-postcopy"))
        {
            var (findings, _) = await Source.Migration!.CheckSourceAsync(
                await StartAsync(await Hosts.NewSpecAsync("no-post-copy")), new MigrationPolicy { Ladder = [Rung(ConvergenceAction.PostCopy)] }, None);
            Assert.Skip(findings.Single(f => f.Check == "post-copy").Detail);
        }
    }
}
