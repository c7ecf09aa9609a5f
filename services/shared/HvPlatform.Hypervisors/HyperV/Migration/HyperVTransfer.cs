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
/// What can be true afterwards, and how it is told. The job completed: the destination runs the VM, and Hyper-V has taken it from the source (Completed). The job ended
/// otherwise and the VM is here, in the state it was in: it stayed (Failed, or Aborted if it was stopped). Everything else (the host out of reach, the job forgotten, the
/// VM gone) is Indeterminate: this side does not know, and both hosts must be asked.
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
    private bool saved;

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
            result = Ended(error.Kind is ErrorKind.NotFound or ErrorKind.Transient or ErrorKind.Timeout or ErrorKind.Unknown ? VmTransferOutcome.Indeterminate : VmTransferOutcome.Failed, error.Error);
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
        var running = await connector.RunAsync($"Cannot {What}", session => connector.Jobs.FindRunningAsync(session, path, Job, CancellationToken.None), CancellationToken.None);
        var here = await find(CancellationToken.None);
        if (here is not null)
        {
            progress.Expect(here, request.Source?.HyperV?.Disks ?? []);
        }

        if (running is not null)
        {
            return await FollowAsync(running.Path, before: null);
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

        if (!HyperVMigrationAddress.TryParse(request.MigrationUri, out var to))
        {
            return Ended(VmTransferOutcome.Failed, HyperVErrors.Validation("migrationUri", $"'{request.MigrationUri}' is no address of a Hyper-V host.", connector.Where).Error);
        }

        if (stop.IsCancellationRequested)
        {
            return Ended(VmTransferOutcome.Aborted, Aborted());
        }

        try
        {
            return await BeginAsync(path, before, to);
        }
        catch (HypervisorException error) when (error.Error.Code is "reply-lost" or "host-silent")
        {
            // It may have begun: a job that runs is followed, and without one only the two hosts together can tell.
            return await connector.RunAsync($"Cannot {What}", session => connector.Jobs.FindRunningAsync(session, path, Job, CancellationToken.None), CancellationToken.None) is { } begun
                ? await FollowAsync(begun.Path, before)
                : Ended(VmTransferOutcome.Indeterminate, error.Error with { Kind = ErrorKind.Transient });
        }
    }

    private async Task<TransferResult> BeginAsync(CimPath path, VmInfo before, HyperVMigrationAddress to)
    {
        var (policy, facts) = (request.Policy, request.Source);
        CimPath? job = null;
        try
        {
            job = await connector.RunAsync(
                $"Cannot {What}",
                async session =>
                {
                    var service = await HyperVMigrationService.ReadAsync(session, CancellationToken.None) ?? throw new HypervisorException(
                        HyperVErrors.Info(ErrorCategory.MigrationFailed, $"Host {connector.Where} has no migration service.", connector.Where) with { Kind = ErrorKind.Unsupported });
                    var parts = await HyperVParts.ReadAsync(session, request.Vm, CancellationToken.None) ?? throw HyperVErrors.VmNotFound(request.Vm, connector.Where);
                    await CheckAsync(session, service.Path, path, to, parts);
                    await SaveAsync(session, path, before);
                    var planned = policy.HyperV is { Staged: true } ? await StageAsync(session, service.Path, path, to, parts) : null;
                    stop.Token.ThrowIfCancellationRequested();
                    var arguments = HyperVMigrationCall.Arguments("MigrateVirtualSystemToHost", path, to, HyperVMigrationCall.TypeOf(facts), policy, facts, parts, planned);
                    return (await connector.Jobs.StartAsync(session, service.Path, "MigrateVirtualSystemToHost", arguments, What, CancellationToken.None)).Job;
                },
                CancellationToken.None);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await RunOnAsync(path);
            return Ended(VmTransferOutcome.Aborted, Aborted());
        }
        catch (HypervisorException error) when (error.Kind is not (ErrorKind.Transient or ErrorKind.Timeout or ErrorKind.Unknown or ErrorKind.NotFound))
        {
            // The host said no, so nothing has begun.
            await RunOnAsync(path);
            return stop.IsCancellationRequested ? Ended(VmTransferOutcome.Aborted, Aborted(error.Error)) : Ended(VmTransferOutcome.Failed, Failed(error.Error, to.Host));
        }

        return job is null ? Completed(null) : await FollowAsync(job, before);
    }

    private async Task<TransferResult> FollowAsync(CimPath job, VmInfo? before)
    {
        var options = new HyperVJobOptions { Cancel = stop.Token, Observed = Observe, Limit = LongestJob, LongestPause = LongestPause };
        try
        {
            var result = await connector.RunAsync($"Cannot {What}", session => connector.Jobs.FollowAsync(session, job, What, options, CancellationToken.None), CancellationToken.None);
            return Completed(result.Job);
        }
        catch (HypervisorException error) when (error.Error.Category is ErrorCategory.JobNotFound)
        {
            // Forgotten, or the management service was restarted: how it ended is for both hosts to say.
            return Ended(VmTransferOutcome.Indeterminate, error.Error with { Kind = ErrorKind.Transient });
        }
        catch (HypervisorException error) when (error.Error.Category is not (ErrorCategory.Connection or ErrorCategory.Authentication or ErrorCategory.JobTimedOut))
        {
            return await JudgeAsync(error.Error, before);
        }
    }

    /// <summary>The host said that the job has not succeeded: did the VM stay?</summary>
    private async Task<TransferResult> JudgeAsync(ErrorInfo error, VmInfo? before)
    {
        var path = VmPaths.Of(request.Vm);
        await RunOnAsync(path);
        var after = await find(CancellationToken.None);
        var stayed = after is not null && (after.State is VmState.Running or VmState.Paused || (before is not null && after.State == before.State));
        if (!stayed)
        {
            return Ended(VmTransferOutcome.Indeterminate, Failed(error, "the destination"));
        }

        return error.Kind == ErrorKind.Cancelled
            ? Ended(VmTransferOutcome.Aborted, Aborted(error))
            : Ended(VmTransferOutcome.Failed, Failed(error, HyperVMigrationAddress.TryParse(request.MigrationUri, out var to) ? to.Host : "the destination"));
    }

    private void Observe(HyperVJob job)
    {
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

    private sealed class Reporting(HyperVTransfer transfer, object key) : IDisposable
    {
        public void Dispose() => transfer.reporters.TryRemove(key, out _);
    }
}
