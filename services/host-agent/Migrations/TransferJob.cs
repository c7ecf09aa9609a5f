using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.HostAgent.Jobs;
using HvPlatform.HostAgent.Journal;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Migrations;

/// <summary>
/// Moves a running VM. From the driver's call on nothing is assumed: what the source cannot tell ends as Indeterminate, and the saga asks both hosts. A job that still
/// runs natively after this agent restarted, or lost its connection, is attached to again.
/// </summary>
sealed class TransferJob : HostJob<TransferVm>
{
    const int MostAttaches = 20;
    static readonly TimeSpan s_abortGrace = TimeSpan.FromSeconds(60);
    static readonly TimeSpan s_inspectPatience = TimeSpan.FromMinutes(5);
    static readonly TimeSpan s_inspectDelay = TimeSpan.FromSeconds(1);

    public override JobLane Lane => JobLane.Transfer;

    public override bool AnnouncesTaking => false;

    /// <summary>What has switched over must end, whatever closed the operation before that was known.</summary>
    public override bool Begins(IHostCommand command) => command is not TransferVm { Resume: true };

    public override string? MissingFacet(IHypervisorDriver driver) => driver.Migration is null ? "migration" : null;

    public override void Taken(HostJobContext context, IHostCommand command)
    {
        context.Transfers.Open(command.OperationId);

        // Taken anew by the next agent: what was asked of the one before still counts.
        if (!Begins(command))
        {
            return;
        }

        if (context.Journal.HasTaken(command.OperationId, nameof(AbortVmTransfer)) || context.Journal.HasTaken(command.OperationId, nameof(RestoreMigrationSource)))
        {
            context.Transfers.Abort(command.OperationId);
        }
    }

    protected override async Task<object?> RunAsync(HostJobContext context, JobReceived job, TransferVm command, CancellationToken cancellationToken)
    {
        try
        {
            var abort = context.Transfers.Open(command.OperationId);
            if (abort.IsCancellationRequested)
            {
                var error = context.Error(ErrorKind.Cancelled, "transfer-aborted", "The transfer was aborted before it began.");
                return Ended(context, command, new TransferResult(VmTransferOutcome.Aborted, null, null, null, null, error));
            }

            return Ended(context, command, await TransferAsync(context, job, command, begun: command.Resume, abort, cancellationToken));
        }
        finally
        {
            context.Transfers.Close(command.OperationId);
        }
    }

    protected override async Task<object?> RecoverAsync(HostJobContext context, JobReceived job, TransferVm command, CancellationToken cancellationToken)
    {
        try
        {
            var abort = context.Transfers.Open(command.OperationId);
            var lost = context.Error(ErrorKind.Transient, "agent-restarted", $"The agent of {context.Host.Name} restarted during the transfer.");
            var found = await FindAsync(context, command, lost, cancellationToken);
            return Ended(context, command, found ?? await TransferAsync(context, job, command, begun: true, abort, cancellationToken));
        }
        finally
        {
            context.Transfers.Close(command.OperationId);
        }
    }

    protected override object Fail(HostJobContext context, TransferVm command, ErrorInfo error)
    {
        // After a time-out or a lost connection the native job may have begun.
        var outcome = error.Kind switch
        {
            ErrorKind.Transient or ErrorKind.Timeout or ErrorKind.Unknown or ErrorKind.Fatal => VmTransferOutcome.Indeterminate,
            ErrorKind.Cancelled => VmTransferOutcome.Aborted,
            _ => VmTransferOutcome.Failed,
        };
        context.Transfers.Close(command.OperationId);
        return Ended(context, command, new TransferResult(outcome, null, null, null, null, error));
    }

    static async Task<TransferResult> TransferAsync(
        HostJobContext context, JobReceived job, TransferVm command, bool begun, CancellationToken abort, CancellationToken cancellationToken)
    {
        for (var attach = 1; ; attach++)
        {
            var result = await CallDriverAsync(context, job, command, begun || attach > 1, abort, cancellationToken);
            if (result is not { Outcome: VmTransferOutcome.Indeterminate, Error.Kind: ErrorKind.Transient } || attach == MostAttaches)
            {
                return result;
            }

            if (await FindAsync(context, command, result.Error, cancellationToken) is { } found)
            {
                return found;
            }
        }
    }

    static async Task<TransferResult> CallDriverAsync(
        HostJobContext context, JobReceived job, TransferVm command, bool attachOnly, CancellationToken abort, CancellationToken cancellationToken)
    {
        var left = job.At + TimeSpan.FromSeconds(command.Policy.TimeoutSeconds) - context.Now;
        using var timeout = new CancellationTokenSource(left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1), context.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, abort, cancellationToken);
        using var progress = new ProgressPublisher(context, command);
        var transfer = context.CallAsync(
            "Transfer",
            command.VmId,
            () => context.Driver.Migration!.TransferAsync(new TransferRequest(command.VmId, command.MigrationUri, command.Policy, command.Source, attachOnly), progress, stop.Token));
        var result = await EndAsync(context, transfer, stop.Token);
        context.Memory.Ended(command.Policy, result);
        return result is { Outcome: VmTransferOutcome.Aborted } && timeout.IsCancellationRequested && !abort.IsCancellationRequested
            ? result with
            {
                Error = context.Error(
                    ErrorKind.Timeout,
                    "transfer-timeout",
                    $"The transfer did not end within {command.Policy.TimeoutSeconds} s and was stopped; the VM stayed on {context.Host.Name}.",
                    "Raise the bandwidth, the downtime limit or the time limit, or allow auto-converge.",
                    result.Error),
            }
            : result;
    }

    static async Task<TransferResult> EndAsync(HostJobContext context, Task<TransferResult> transfer, CancellationToken stop)
    {
        await ((Task)transfer).WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        try
        {
            return await transfer.WaitAsync(s_abortGrace, context.Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            var error = context.Error(ErrorKind.Timeout, "abort-unanswered", $"The hypervisor of {context.Host.Name} did not answer the abort.", "Look at the host.");
            return new TransferResult(VmTransferOutcome.Indeterminate, null, null, null, null, error);
        }
    }

    /// <summary>Asks the host. Null: a job is active, attach to it.</summary>
    static async Task<TransferResult?> FindAsync(HostJobContext context, TransferVm command, ErrorInfo lost, CancellationToken cancellationToken)
    {
        var deadline = context.Now + s_inspectPatience;
        while (true)
        {
            try
            {
                var presence = await context.CallAsync("Inspect", command.VmId, () => context.Driver.Migration!.InspectAsync(command.VmId, cancellationToken));
                if (presence.TransferRunning)
                {
                    return null;
                }

                // A VM that runs here with no job active has stayed. Whatever else is found, only the destination can tell.
                var stayed = presence is { Exists: true, State: VmState.Running };
                var error = context.Error(
                    ErrorKind.Transient,
                    "transfer-lost",
                    $"The agent lost sight of the transfer. On {context.Host.Name} no migration is active and the VM {(presence.Exists ? $"is {presence.State}" : "does not exist")}.",
                    stayed ? "Start the migration again." : "The destination is asked what it has.",
                    lost);
                return new TransferResult(stayed ? VmTransferOutcome.Failed : VmTransferOutcome.Indeterminate, null, null, null, null, error);
            }
            catch (HypervisorException e) when (e.Kind is ErrorKind.Transient or ErrorKind.Timeout)
            {
                if (context.Now >= deadline)
                {
                    return new TransferResult(VmTransferOutcome.Indeterminate, null, null, null, null, e.Error with { Cause = lost });
                }

                await Task.Delay(s_inspectDelay, context.Time, cancellationToken);
            }
        }
    }

    static VmTransferEnded Ended(HostJobContext context, TransferVm command, TransferResult result) => new()
    {
        OperationId = command.OperationId,
        Step = command.Step,
        HostId = command.HostId,
        VmId = command.VmId,
        Outcome = result.Outcome,
        TransferredBytes = result.TransferredBytes,
        DowntimeMs = result.DowntimeMs,
        ElapsedMs = result.ElapsedMs,
        Rounds = result.Rounds,
        Error = result.Error,
        At = context.Now,
    };
}

/// <summary>Stops a transfer that runs or waits. The transfer answers; this job answers only when there is none.</summary>
sealed class AbortTransferJob : MigrationJob<AbortVmTransfer>
{
    public override JobLane Lane => JobLane.Immediate;

    public override bool Closes => true;

    protected override Task<object?> RunAsync(HostJobContext context, JobReceived job, AbortVmTransfer command, CancellationToken cancellationToken)
    {
        if (context.Transfers.Abort(command.OperationId))
        {
            return Task.FromResult<object?>(null);
        }

        return Task.FromResult<object?>(Fail(context, command, context.Error(
            ErrorKind.NotFound,
            "no-transfer",
            $"{context.Host.Name} runs no transfer of operation {command.OperationId}: it has ended or was never asked for.",
            "Ask the host what it has of the VM.")));
    }
}
