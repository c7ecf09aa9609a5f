using System.Collections.Concurrent;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// One transfer on its source: starts libvirt's job, or finds one that another process started (this agent before it died) and follows that to
/// its end. Any number of callers may watch or abort it.
/// </summary>
internal sealed class TransferJob(LibvirtConnector connector, TransferRequest request, TimeProvider time)
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
    readonly TransferProgress progress = new();
    volatile bool abortAsked;
    volatile bool timedOut;

    /// <summary>How it ended; never fails and is never cancelled.</summary>
    public Task<TransferResult> Completion => completion.Task;

    /// <summary>True if libvirt has an outgoing migration of this domain.</summary>
    public static bool Active(LibvirtSession session, DomainHandle domain) => Poll(session, domain) is { Active: true, Outgoing: true };

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
            var found = await connector.RunAsync(_ => Poll(session, domain), CancellationToken.None);
            if (found is { Active: true, Outgoing: false })
            {
                return Ended(
                    VmTransferOutcome.Failed,
                    LibvirtErrors.Own(ErrorKind.Conflict, "job-active", $"Another job holds VM {LibvirtSession.NameOf(domain)}.", session.Where, "Wait for it.").Error);
            }

            var call = found.Active ? null : NativeWorkers.RunLongAsync(() => Migrate(session, domain));
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

            if (seen.Figures is { } f && progress.Next(f) is { } next)
            {
                Tell(next);
            }
        }
    }

    unsafe ErrorInfo? Migrate(LibvirtSession session, DomainHandle domain)
    {
        VirTypedParameter* parameters = null;
        int count = 0, capacity = 0;
        try
        {
            var name = LibvirtSession.NameOf(domain);
            var policy = request.Policy;
            if (policy.MaxDowntimeMs is { } downtime)
            {
                session.Ok(Vir.virDomainMigrateSetMaxDowntime(domain, (ulong)downtime, 0), "Cannot set the downtime limit");
            }

            if (policy.BandwidthMiBps is { } bandwidth)
            {
                session.Ok(Vir.virTypedParamsAddULLong(&parameters, &count, &capacity, "bandwidth", (ulong)bandwidth));
            }

            var flags = VirConst.MigrateLive | VirConst.MigratePeerToPeer | VirConst.MigratePersistDestination | VirConst.MigrateUndefineSource
                | (policy.AutoConverge ? VirConst.MigrateAutoConverge : 0)
                | (MigrationChecks.AllDisksShared(session, domain) ? VirConst.MigrateUnsafe : 0);
            session.Ok(
                Vir.virDomainMigrateToURI3(domain, request.MigrationUri, parameters, (uint)count, flags),
                $"VM {name} did not migrate to {request.MigrationUri}");
            return null;
        }
        catch (HypervisorException e)
        {
            return e.Error;
        }
        catch (ObjectDisposedException)
        {
            return ConnectionLost(session);
        }
        finally
        {
            Vir.virTypedParamsFree(parameters, count);
        }
    }

    async Task<TransferResult> JudgeAsync(LibvirtSession session, DomainHandle domain, ErrorInfo? error, bool attached)
    {
        if (!attached && error is null)
        {
            return await CompletedAsync();
        }

        if (session.Lost)
        {
            return Ended(VmTransferOutcome.Indeterminate, error ?? ConnectionLost(session));
        }

        if (attached)
        {
            return await JudgeAttachedAsync(session, domain);
        }

        var (state, reason, active, gone) = await connector.RunAsync(_ => StateNow(session, domain), CancellationToken.None);
        if (gone)
        {
            return Ended(VmTransferOutcome.Indeterminate, error);
        }

        if (state == VirConst.StateShutoff && reason == VirConst.ShutoffMigrated)
        {
            return await CompletedAsync();
        }

        if (active || !DomainState.IsActive(state) || (state == VirConst.StatePaused && reason is VirConst.PausedMigration))
        {
            // A domain that is off did not begin: libvirt said so before any job. Anything else here is for both hosts to answer.
            var neverBegan = error is { NativeCode: VirConst.ErrOperationInvalid } && !active && state == VirConst.StateShutoff && progress.Last is null;
            return Ended(neverBegan ? VmTransferOutcome.Failed : VmTransferOutcome.Indeterminate, error ?? Unclear(session));
        }

        if (timedOut)
        {
            return Ended(VmTransferOutcome.Failed, LibvirtErrors.Own(
                ErrorKind.Timeout, "transfer-timeout", $"The transfer did not end within {request.Policy.TimeoutSeconds} s.", session.Where,
                "Raise the bandwidth, allow auto-converge, or give it more time.", error).Error);
        }

        if (abortAsked || error is { NativeCode: VirConst.ErrOperationAborted })
        {
            return Ended(VmTransferOutcome.Aborted, Stopped(session, error));
        }

        return Ended(VmTransferOutcome.Failed, error);
    }

    /// <summary>The end of a job that another process began: no call returns its result, so the domain itself has to show it.</summary>
    async Task<TransferResult> JudgeAttachedAsync(LibvirtSession session, DomainHandle domain)
    {
        for (var look = 0; look < AttachedLooks && !migratedAway.Task.IsCompleted; look++)
        {
            var (state, reason, active, gone) = await connector.RunAsync(_ => StateNow(session, domain), CancellationToken.None);
            if (gone)
            {
                // The event of the move comes with the domain's end; a domain that went without it was destroyed by someone.
                await Task.WhenAny(migratedAway.Task, Task.Delay(TimeSpan.FromMilliseconds(EventWaitMs), time));
                break;
            }

            if (state == VirConst.StateShutoff && reason == VirConst.ShutoffMigrated)
            {
                return await CompletedAsync();
            }

            if (!active && (state is VirConst.StateRunning or VirConst.StateBlocked || (state == VirConst.StatePaused && reason != VirConst.PausedMigration)))
            {
                return abortAsked
                    ? Ended(VmTransferOutcome.Aborted, Stopped(session, null))
                    : Ended(VmTransferOutcome.Failed, LibvirtErrors.Own(
                        ErrorKind.Transient, "transfer-ended", "The transfer ended while nobody waited for its result; the VM stayed.", session.Where, "Try again.").Error);
            }

            // Still paused for the switch-over, or off and not yet forgotten: libvirt is about to decide.
            await Task.WhenAny(migratedAway.Task, Task.Delay(TimeSpan.FromMilliseconds(SteadyPollMs), time));
        }

        return migratedAway.Task.IsCompleted ? await CompletedAsync() : Ended(VmTransferOutcome.Indeterminate, Unclear(session));
    }

    async Task<TransferResult> CompletedAsync()
    {
        // The figures come as an event that libvirtd sends just before or after the call's answer.
        await Task.WhenAny(figures.Task, Task.Delay(TimeSpan.FromMilliseconds(FiguresWaitMs), time));
        if (!figures.Task.IsCompletedSuccessfully)
        {
            return Ended(VmTransferOutcome.Completed, null);
        }

        var f = await figures.Task;
        if (progress.End(f) is { } last)
        {
            Tell(last);
        }

        return new TransferResult(
            VmTransferOutcome.Completed,
            f.Number("data_processed") ?? f.Number("memory_processed"),
            f.Number("downtime"),
            f.Number("time_elapsed"),
            (int?)f.Number("memory_iteration") ?? progress.Last?.Round,
            null);
    }

    TransferResult Ended(VmTransferOutcome outcome, ErrorInfo? error) =>
        new(outcome, progress.Last?.TransferredBytes, null, progress.Last?.ElapsedMs, progress.Last?.Round, error);

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

    static (int State, int Reason, bool Active, bool Gone) StateNow(LibvirtSession session, DomainHandle domain)
    {
        try
        {
            var (state, reason) = session.State(domain);
            return (state, reason, Active(session, domain), false);
        }
        catch (HypervisorException e) when (e.Kind == ErrorKind.NotFound)
        {
            return (0, 0, false, true);
        }
    }

    static ErrorInfo Stopped(LibvirtSession session, ErrorInfo? cause) => LibvirtErrors.Own(
        ErrorKind.Cancelled, "aborted", "The transfer was stopped on request; the VM stayed on the source.", session.Where, cause: cause).Error;

    static ErrorInfo ConnectionLost(LibvirtSession session) =>
        LibvirtErrors.Own(ErrorKind.Transient, "connection-lost", "The connection to the source's libvirtd was lost.", session.Where, "Ask both hosts.").Error;

    static ErrorInfo Unclear(LibvirtSession session) =>
        LibvirtErrors.Own(ErrorKind.Fatal, "transfer-unclear", "The source cannot tell how the transfer ended.", session.Where, "Ask both hosts.").Error;

    /// <summary>The job as libvirt sees it. At the end of a migration "no domain" and "not running" are answers, not errors.</summary>
    static unsafe JobPoll Poll(LibvirtSession session, DomainHandle domain)
    {
        // Set anew before each call: libvirt may answer success without writing them.
        var type = VirConst.JobNone;
        VirTypedParameter* parameters = null;
        var count = 0;
        if (Vir.virDomainGetJobStats(domain, &type, &parameters, &count, 0) < 0)
        {
            var failure = session.Failure("Cannot read the job");
            return failure.Error.NativeCode switch
            {
                VirConst.ErrNoDomain or VirConst.ErrOperationInvalid => new JobPoll(false, false, null),
                _ => throw failure,
            };
        }

        try
        {
            var active = type is VirConst.JobBounded or VirConst.JobUnbounded;
            var figures = parameters is null ? null : VirParameters.Copy(parameters, count);
            var operation = figures?.Number("operation");
            return new JobPoll(active, active && operation is null or VirConst.JobOperationMigrationOut, active ? figures : null);
        }
        finally
        {
            Vir.virTypedParamsFree(parameters, count);
        }
    }

    sealed record JobPoll(bool Active, bool Outgoing, VirParameters? Figures);

    sealed class Reporting(TransferJob job, object key) : IDisposable
    {
        public void Dispose() => job.reporters.TryRemove(key, out _);
    }
}
