using System.Collections.Concurrent;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// One transfer on its source: has the host's migration service begin a job, or finds one that is running (this agent was restarted), and follows it to its end. Any number
/// of callers may watch or stop it.
///
/// What can be true afterwards, and how it is told. The job completed: the destination runs the VM, and Hyper-V has taken it from the source (Completed). The job was
/// seen to end otherwise, or never began, and the VM is here: it stayed (Failed, or Aborted if it was stopped). Everything else (the host out of reach, an answer that
/// cannot be read, the job forgotten, the VM gone) is Indeterminate: this side does not know, and both hosts must be asked. A VM that was saved to be moved stays saved
/// here: whether it may start again is known only when the destination was asked too.
/// </summary>
internal sealed partial class HyperVTransfer(HyperVConnector connector, TransferRequest request, Func<CancellationToken, Task<VmInfo?>> find)
{
    private const string Job = "Msvm_MigrationJob";
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestJob = TimeSpan.FromDays(8);

    private readonly TaskCompletionSource<TransferResult> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<object, IProgress<MigrationProgress>> reporters = new();
    private readonly CancellationTokenSource stop = new();
    private readonly HyperVTransferProgress progress = new();
    private volatile bool ladderEnded;
    private HyperVJob? ended;

    /// <summary>How it ended; never fails and is never cancelled.</summary>
    public Task<TransferResult> Completion => completion.Task;

    private string What => $"migrate VM {request.Source?.Vm.Name ?? request.Vm.ToString()}";

    /// <summary>Runs it; <paramref name="ended"/> is called before <see cref="Completion"/> completes.</summary>
    public void Start(Action ended) => _ = RunAsync(ended);

    /// <summary>Reports to one more watcher until disposed.</summary>
    public IDisposable Report(IProgress<MigrationProgress> reporter)
    {
        var key = new object();
        reporters[key] = reporter;
        return new Reporting(this, key);
    }

    /// <summary>Has the host end the job as soon as it lets it.</summary>
    public void Abort() => stop.Cancel();

    private async Task RunAsync(Action ended)
    {
        TransferResult result;
        try
        {
            await Task.Yield();
            result = await TransferAsync();
        }
        catch (HypervisorException error)
        {
            // What is known to have failed before anything was sent has been told already; here a job may run.
            result = Ended(VmTransferOutcome.Indeterminate, Passing(error.Error));
        }
        catch (Exception error)
        {
            result = Ended(VmTransferOutcome.Indeterminate, HyperVErrors.Info(ErrorCategory.MigrationFailed, $"Cannot {What}: {error.Message}", connector.Where) with { Code = "driver-failed" });
        }

        ended();
        completion.SetResult(result);
    }

    private async Task<TransferResult> TransferAsync()
    {
        var path = VmPaths.Of(request.Vm);
        var running = await RunningAsync(path);
        var here = await find(CancellationToken.None);
        if (here is not null)
        {
            progress.Expect(here, request.Source?.HyperV?.Disks ?? []);
        }

        var addressed = HyperVMigrationAddress.TryParse(request.MigrationUri, out var to);
        if (running is not null)
        {
            return await AttachAsync(running, to, here);
        }

        var before = here ?? throw HyperVErrors.VmNotFound(request.Vm, connector.Where);
        if (request.AttachOnly)
        {
            var gone = HyperVErrors.Info(ErrorCategory.JobNotFound, $"Host {connector.Where} has no active migration of VM {before.Name}.", connector.Where) with { Kind = ErrorKind.Transient, Code = "no-transfer" };
            return Ended(VmTransferOutcome.Indeterminate, gone);
        }

        if (Refusal(before) is { } refusal)
        {
            return Ended(VmTransferOutcome.Failed, refusal);
        }

        if (!addressed || to is null)
        {
            return Ended(VmTransferOutcome.Failed, HyperVErrors.Validation("migrationUri", $"'{request.MigrationUri}' is no address of a Hyper-V host.", connector.Where).Error);
        }

        if (stop.IsCancellationRequested)
        {
            return Ended(VmTransferOutcome.Aborted, Aborted());
        }

        var (ready, unready) = await PrepareAsync(path, before, to);
        return ready is null ? unready! : await SendAsync(path, before, to, ready);
    }

    /// <summary>Whatever is done before the VM itself is asked to move. What fails here has moved nothing, and no job that it has left is this transfer's.</summary>
    private async Task<(Ready? Ready, TransferResult? Unready)> PrepareAsync(CimPath path, VmInfo before, HyperVMigrationAddress to)
    {
        try
        {
            var ready = await connector.RunAsync(
                $"Cannot {What}",
                async session =>
                {
                    var service = await HyperVMigrationService.ReadAsync(session, CancellationToken.None) ?? throw new HypervisorException(
                        HyperVErrors.Info(ErrorCategory.MigrationFailed, $"Host {connector.Where} has no migration service.", connector.Where) with { Kind = ErrorKind.Unsupported });
                    var parts = await HyperVParts.ReadAsync(session, request.Vm, CancellationToken.None) ?? throw HyperVErrors.VmNotFound(request.Vm, connector.Where);
                    await CheckAsync(session, service.Path, path, to, parts);
                    await SaveAsync(session, path, before);
                    return new Ready(service.Path, parts, request.Policy.HyperV is { Staged: true } ? await StageAsync(session, service.Path, path, to, parts) : null);
                },
                CancellationToken.None);
            return stop.IsCancellationRequested ? (null, Ended(VmTransferOutcome.Aborted, Aborted())) : (ready, null);
        }
        catch (HypervisorException error) when (error.Kind is not (ErrorKind.Transient or ErrorKind.Timeout or ErrorKind.Unknown or ErrorKind.NotFound))
        {
            return (null, stop.IsCancellationRequested ? Ended(VmTransferOutcome.Aborted, Aborted(error.Error)) : Ended(VmTransferOutcome.Failed, Failed(error.Error, to.Host)));
        }
    }

    private async Task<TransferResult> SendAsync(CimPath path, VmInfo before, HyperVMigrationAddress to, Ready ready)
    {
        const string Migrate = "MigrateVirtualSystemToHost";
        var facts = request.Source;
        var arguments = HyperVMigrationCall.Arguments(Migrate, path, to, HyperVMigrationCall.TypeOf(facts), request.Policy, facts, ready.Parts, ready.Planned);
        CimPath? job;
        try
        {
            job = await connector.RunAsync(
                $"Cannot {What}", async session => (await connector.Jobs.StartAsync(session, ready.Service, Migrate, arguments, What, CancellationToken.None)).Job, CancellationToken.None);
        }
        catch (HypervisorException error) when (Refused(error))
        {
            return stop.IsCancellationRequested ? Ended(VmTransferOutcome.Aborted, Aborted(error.Error)) : Ended(VmTransferOutcome.Failed, Failed(error.Error, to.Host));
        }
        catch (HypervisorException error)
        {
            // It may have begun: a job that runs is followed, and without one only the two hosts together can tell.
            return await RunningAsync(path) is { } begun ? await AttachAsync(begun, to, before) : Ended(VmTransferOutcome.Indeterminate, Passing(error.Error));
        }

        return job is null ? Completed(null) : await FollowAsync(job, before, attached: false);
    }

    /// <summary>
    /// Whether the host has said no, so that nothing has begun: with a return value, or with a fault that has a code. An answer that is missing, cut or not understood says
    /// nothing of what the host does.
    /// </summary>
    private static bool Refused(HypervisorException error) => error.Kind is not (ErrorKind.Transient or ErrorKind.Timeout or ErrorKind.Unknown or ErrorKind.NotFound) && error.InnerException switch
    {
        CimException fault => fault.Code is not null && fault.Kind is not (CimErrorKind.Malformed or CimErrorKind.TooLarge),
        _ => error.Error.NativeCode is not null,
    };

    /// <summary>Follows a job that was found, if it goes where this transfer goes. Another one, an administrator's, is neither followed nor stopped.</summary>
    private async Task<TransferResult> AttachAsync(HyperVJob job, HyperVMigrationAddress? to, VmInfo? before)
    {
        var host = job.Instance.String("DestinationHost");
        if (to is not null && to.Names(host))
        {
            return await FollowAsync(job.Path, before, attached: true);
        }

        var other = HyperVErrors.Info(
            ErrorCategory.MigrationFailed, $"Another migration of VM {before?.Name ?? request.Vm.ToString()} runs on host {connector.Where}, to {(string.IsNullOrEmpty(host) ? "a host it does not name" : host)}.", connector.Where) with
        {
            Kind = ErrorKind.Conflict,
            Code = "another-migration",
            Advice = "Wait for its end, or end it on the host. It was left alone.",
        };
        return request.AttachOnly || string.IsNullOrEmpty(host) ? Ended(VmTransferOutcome.Indeterminate, Passing(other)) : Ended(VmTransferOutcome.Failed, other);
    }

    private async Task<TransferResult> FollowAsync(CimPath job, VmInfo? before, bool attached)
    {
        var options = new HyperVJobOptions { Cancel = stop.Token, Observed = Observe, Limit = LongestJob, LongestPause = LongestPause };
        HyperVResult result;
        try
        {
            result = await connector.RunAsync($"Cannot {What}", session => connector.Jobs.FollowAsync(session, job, What, options, CancellationToken.None), CancellationToken.None);
        }
        catch (HypervisorException error)
        {
            // Only of a job that was seen to end is it known that it moves nothing any more.
            return ended is null ? Ended(VmTransferOutcome.Indeterminate, Passing(error.Error)) : await JudgeAsync(error.Error, before);
        }

        // A job that was found may have been another step than the last: making the planned VM, or the check of the storage.
        return attached && await find(CancellationToken.None) is { } still
            ? Ended(VmTransferOutcome.Indeterminate, HyperVErrors.Info(ErrorCategory.MigrationFailed, $"A migration job of VM {still.Name} ended well, and the VM is on host {connector.Where} still.", connector.Where) with { Kind = ErrorKind.Transient, Code = "not-moved" })
            : Completed(result.Job);
    }

    /// <summary>The job was seen to end without success: did the VM stay?</summary>
    private async Task<TransferResult> JudgeAsync(ErrorInfo error, VmInfo? before)
    {
        var path = VmPaths.Of(request.Vm);
        var another = await RunningAsync(path) is not null;
        var after = await find(CancellationToken.None);
        var saved = after is { State: VmState.Saved } && request.Policy.HyperV is { ToSuspended: true };
        var stayed = !another && after is not null && (after.State is VmState.Running or VmState.Paused || saved || (before is not null && after.State == before.State));
        if (!stayed)
        {
            return Ended(VmTransferOutcome.Indeterminate, Failed(error, "the destination"));
        }

        return error.Kind == ErrorKind.Cancelled
            ? Ended(VmTransferOutcome.Aborted, Aborted(error))
            : Ended(VmTransferOutcome.Failed, Failed(error, HyperVMigrationAddress.TryParse(request.MigrationUri, out var to) ? to.Host : "the destination"));
    }

    private Task<HyperVJob?> RunningAsync(CimPath vm) => connector.RunAsync($"Cannot {What}", session => connector.Jobs.FindRunningAsync(session, vm, Job, CancellationToken.None), CancellationToken.None);

    /// <summary>An error that leaves open what happened: asked again, the host may tell.</summary>
    private static ErrorInfo Passing(ErrorInfo error) => error.Kind is ErrorKind.Transient or ErrorKind.Timeout || error.Category is ErrorCategory.VmNotFound ? error : error with { Kind = ErrorKind.Transient };

    private void Observe(HyperVJob job)
    {
        ended = job.Ended ? job : null;
        var elapsed = job.Elapsed ?? TimeSpan.Zero;
        if (!stop.IsCancellationRequested && request.Policy.Ladder.Any(s => s.Action == ConvergenceAction.Abort && elapsed >= TimeSpan.FromSeconds(s.AfterSeconds)))
        {
            ladderEnded = true;
            Abort();
        }

        var next = progress.Next(job);
        foreach (var reporter in reporters.Values)
        {
            reporter.Report(next);
        }
    }

    private TransferResult Completed(HyperVJob? job) =>
        new(VmTransferOutcome.Completed, null, null, job?.Elapsed is { } elapsed ? Math.Max(1, (long)elapsed.TotalMilliseconds) : progress.ElapsedMs, null, null);

    private TransferResult Ended(VmTransferOutcome outcome, ErrorInfo error) => new(outcome, null, null, progress.ElapsedMs, null, error);

    private sealed record Ready(CimPath Service, HyperVParts Parts, string? Planned);

    private sealed class Reporting(HyperVTransfer transfer, object key) : IDisposable
    {
        public void Dispose() => transfer.reporters.TryRemove(key, out _);
    }
}
