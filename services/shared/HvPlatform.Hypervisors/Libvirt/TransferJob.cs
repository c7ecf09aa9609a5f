using System.Collections.Concurrent;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// One transfer on its source: starts libvirt's job, or finds one that another process started (this agent before it died) and follows that to
/// its end. Any number of callers may watch or abort it.
/// </summary>
internal sealed partial class TransferJob(LibvirtConnector connector, TransferRequest request, TimeProvider time)
{
    // The first polls come fast: a small guest is over in a quarter of a second.
    static readonly int[] PollMs = [10, 20, 40, 80];
    const int SteadyPollMs = 100;
    const int FiguresWaitMs = 250;
    const int EventWaitMs = 2000;
    const int AttachedLooks = 100;

    readonly TaskCompletionSource<TransferResult> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource<VirParameters> figures = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource migratedAway = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ConcurrentDictionary<object, IProgress<MigrationProgress>> reporters = new();
    readonly TransferProgress progress = new(request);
    readonly TransferLadder ladder = new(request.Policy.Ladder);
    volatile bool abortAsked;
    volatile bool ladderEnded;
    volatile bool timedOut;

    /// <summary>How it ended; never fails and is never cancelled.</summary>
    public Task<TransferResult> Completion => completion.Task;

    /// <summary>True if libvirt has an outgoing migration of this domain.</summary>
    public static bool Active(LibvirtSession session, DomainHandle domain) => Poll(session, domain) is { Active: true, Outgoing: true };

    /// <summary>True if libvirt has any job of this domain, in or out or of another kind.</summary>
    public static bool AnyActive(LibvirtSession session, DomainHandle domain) => Poll(session, domain).Active;

    /// <summary>Whether libvirt has a migration of this domain out of this host, or into it.</summary>
    public static (bool Outgoing, bool Incoming) Direction(LibvirtSession session, DomainHandle domain)
    {
        var job = Poll(session, domain);
        return (job is { Active: true, Outgoing: true }, job.Incoming);
    }

    /// <summary>Runs it; <paramref name="ended"/> is called before <see cref="Completion"/> completes.</summary>
    public void Start(Action ended) => _ = RunAsync(ended);

    /// <summary>Reports to one more watcher until disposed.</summary>
    public IDisposable Report(IProgress<MigrationProgress> reporter)
    {
        var key = new object();
        reporters[key] = reporter;
        return new Reporting(this, key);
    }

    /// <summary>Asks the job to stop as soon as libvirt lets it.</summary>
    public void Abort()
    {
        abortAsked = true;
        stopRequested.TrySetResult();
    }

    async Task RunAsync(Action ended)
    {
        TransferResult result;
        try
        {
            result = await TransferAsync();
        }
        catch (HypervisorException e)
        {
            // It failed before libvirt was asked to move anything, or the connection went while the end was being looked at.
            result = Ended(e.Kind is ErrorKind.NotFound or ErrorKind.Transient ? VmTransferOutcome.Indeterminate : VmTransferOutcome.Failed, e.Error);
        }
        catch (Exception e)
        {
            result = Ended(VmTransferOutcome.Indeterminate, LibvirtErrors.Own(ErrorKind.Fatal, "driver-failed", e.Message, connector.Options.Uri).Error);
        }

        ended();
        completion.SetResult(result);
    }

    async Task<TransferResult> TransferAsync()
    {
        var (session, domain) = await connector.RunAsync(s => (s, s.Lookup(request.Vm)), CancellationToken.None);
        using (domain)
        using (session.Listen(OnEvent, () => lost.TrySetResult()))
        {
            using var timeout = time.CreateTimer(_ => GiveUp(), null, TimeSpan.FromSeconds(request.Policy.TimeoutSeconds), Timeout.InfiniteTimeSpan);
            var (found, resume) = await connector.RunAsync(_ => (Poll(session, domain), IsBrokenPostCopy(session.State(domain))), CancellationToken.None);
            if (found is { Active: true, Outgoing: false })
            {
                return Ended(
                    VmTransferOutcome.Failed,
                    LibvirtErrors.Own(ErrorKind.Conflict, "job-active", $"Another job holds VM {LibvirtSession.NameOf(domain)}.", session.Where, "Wait for it.").Error);
            }

            // A post-copy that broke off keeps its job: it is taken up again, not waited for.
            var call = resume || !(found.Active || request.AttachOnly) ? NativeWorkers.RunLongAsync(() => Migrate(session, domain)) : null;
            await FollowAsync(session, domain, call);
            var error = call is null ? null : await call;
            return await JudgeAsync(session, domain, error, attached: call is null);
        }
    }

    /// <summary>Reports progress until the call returns or, without a call of ours, until the job is no more.</summary>
    async Task FollowAsync(LibvirtSession session, DomainHandle domain, Task<ErrorInfo?>? call)
    {
        var aborted = false;
        for (var turn = 0; ; turn++)
        {
            var interval = turn < PollMs.Length ? PollMs[turn] : SteadyPollMs;
            var delay = Task.Delay(TimeSpan.FromMilliseconds(interval), time);
            var waits = new List<Task> { delay, lost.Task, call ?? migratedAway.Task };
            if (!abortAsked)
            {
                waits.Add(stopRequested.Task);
            }

            await Task.WhenAny(waits);
            if (call is { IsCompleted: true } || lost.Task.IsCompleted)
            {
                return;
            }

            JobPoll seen;
            try
            {
                seen = await connector.RunAsync(_ => Poll(session, domain), CancellationToken.None);

                // Before the job is active and once it is past the point of no return libvirt refuses: ask again until the call returns.
                if (abortAsked && !aborted && seen.Active)
                {
                    aborted = await connector.RunAsync(_ => Vir.virDomainAbortJob(domain) == 0, CancellationToken.None);
                }
            }
            catch (HypervisorException) when (call is not null)
            {
                // A poll that failed says nothing about the transfer: only the call does, and it returns if the connection is gone.
                continue;
            }

            if (call is null && !seen.Active)
            {
                return;
            }

            if (seen.Figures is { } f)
            {
                await ClimbAsync(session, domain, f.Number("time_elapsed") ?? 0);
                if (progress.Next(f, ladder.Climbed, ladder.PostCopy) is { } next)
                {
                    Tell(next);
                }
            }
        }
    }

    /// <summary>Takes the rungs whose time has come, by libvirt's own clock of the job: so they are right for a job found running too.</summary>
    async Task ClimbAsync(LibvirtSession session, DomainHandle domain, long elapsedMs)
    {
        try
        {
            if (ladder.Due(elapsedMs) && await connector.RunAsync(_ => ladder.Climb(session, domain, elapsedMs), CancellationToken.None) && !abortAsked)
            {
                ladderEnded = true;
                Abort();
            }
        }
        catch (HypervisorException)
        {
            // As with a poll: only the call's own end counts. The rung is tried again at the next look.
        }
    }

    void GiveUp()
    {
        timedOut = true;
        Abort();
    }

    void Tell(MigrationProgress next)
    {
        foreach (var reporter in reporters.Values)
        {
            reporter.Report(next);
        }
    }

    void OnEvent(SessionEvent e)
    {
        if (e.Vm != request.Vm)
        {
            return;
        }

        if (e.Job is { } job && job.Number("operation") is null or VirConst.JobOperationMigrationOut)
        {
            figures.TrySetResult(e.Job!);
        }
        else if (e is { EventId: VirConst.EventLifecycle, Type: VirConst.LifecycleStopped, Detail: VirConst.StoppedMigrated })
        {
            migratedAway.TrySetResult();
        }
    }

    sealed class Reporting(TransferJob job, object key) : IDisposable
    {
        public void Dispose() => job.reporters.TryRemove(key, out _);
    }
}
