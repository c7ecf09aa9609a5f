using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>Follows the saga's events: keeps the operation's phase, and at the terminal event lets go of the VM and of the reservation.</summary>
internal sealed class MigrationOutcomeHandler(TimeProvider clock, ILogger<MigrationOutcomeHandler> log)
{
    public Task HandleAsync(IOrchestratorTx tx, MigrationStarted message, CancellationToken cancellationToken) =>
        tx.MarkRunningAsync(message.OperationId, migration: true, clock.GetUtcNow(), cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, MigrationPhaseChanged message, CancellationToken cancellationToken) =>
        message.To is MigrationPhase.Completed or MigrationPhase.RolledBack or MigrationPhase.Failed
            ? Task.CompletedTask
            : FollowAsync(tx, message.OperationId, message.To, message.At, cancellationToken);

    public async Task HandleAsync(IOrchestratorTx tx, MigrationInDoubt message, CancellationToken cancellationToken)
    {
        var doubt = new MigrationDoubt { Since = message.Since, Unknown = message.Unknown, UnansweredHostIds = message.UnansweredHostIds };
        await tx.PutDoubtAsync(message.OperationId, doubt, cancellationToken);
        await FollowAsync(tx, message.OperationId, MigrationPhase.InDoubt, message.Since, cancellationToken);
    }

    public async Task HandleAsync(IOrchestratorTx tx, MigrationCompleted message, CancellationToken cancellationToken)
    {
        var figures = new MigrationFigures
        {
            TotalMs = message.TotalMs,
            DowntimeMs = message.DowntimeMs,
            TransferredBytes = message.TransferredBytes,
            LeftOnSource = message.LeftOnSource,
        };
        if (await EndAsync(tx, message.OperationId, OperationStatus.Succeeded, MigrationPhase.Completed, null, figures, cancellationToken) is { } operation)
        {
            await tx.RememberAsync(
                operation.VmId, operation.VmName, message.DestinationHostId, message.State ?? VmState.Running, deleted: false, message.At, cancellationToken);
        }
    }

    public Task HandleAsync(IOrchestratorTx tx, MigrationRolledBack message, CancellationToken cancellationToken) => EndAsync(
        tx, message.OperationId, message.Cancelled ? OperationStatus.Cancelled : OperationStatus.RolledBack, MigrationPhase.RolledBack, message.Error,
        new MigrationFigures { TotalMs = message.TotalMs }, cancellationToken);

    public Task HandleAsync(IOrchestratorTx tx, MigrationFailed message, CancellationToken cancellationToken) => EndAsync(
        tx, message.OperationId, OperationStatus.Failed, MigrationPhase.Failed, message.Error, new MigrationFigures { TotalMs = message.TotalMs }, cancellationToken);

    public async Task HandleAsync(IOrchestratorTx tx, MigrationResolvedByOperator message, CancellationToken cancellationToken)
    {
        if (await tx.LockOperationAsync(message.OperationId, cancellationToken) is not null)
        {
            var applied = new OperatorResolution { Resolution = message.Resolution, Trail = message.Trail, AppliedAt = message.At };
            await tx.PutResolutionAsync(message.OperationId, applied, clock.GetUtcNow(), cancellationToken);
        }
    }

    /// <summary>A word that was rejected never hides one that was acted on.</summary>
    public async Task HandleAsync(IOrchestratorTx tx, MigrationResolveRejected message, CancellationToken cancellationToken)
    {
        if (await tx.LockOperationAsync(message.OperationId, cancellationToken) is { Resolution: { AppliedAt: null } asked })
        {
            await tx.PutResolutionAsync(message.OperationId, asked with { Rejected = message.Error }, clock.GetUtcNow(), cancellationToken);
        }
    }

    Task FollowAsync(IOrchestratorTx tx, OperationId id, MigrationPhase phase, DateTimeOffset at, CancellationToken cancellationToken) => tx.FollowPhaseAsync(
        id, phase, at, phase == MigrationPhase.InDoubt ? OperationStatus.InDoubt : OperationStatus.Running, clock.GetUtcNow(), cancellationToken);

    async Task<Operation?> EndAsync(
        IOrchestratorTx tx, OperationId id, OperationStatus status, MigrationPhase phase, ErrorInfo? error, MigrationFigures figures, CancellationToken cancellationToken)
    {
        if (await tx.LockOperationAsync(id, cancellationToken) is not { } operation)
        {
            Log.UnknownOperation(log, id);
            return null;
        }

        if (operation.IsFinal)
        {
            return null;
        }

        var end = new OperationEnd { Status = status, Phase = phase, Error = error, Figures = figures, At = clock.GetUtcNow() };
        await tx.FinishOperationAsync(operation, end, cancellationToken);
        Log.Ended(log, operation.Kind, operation.Id, operation.VmId, status);
        return operation;
    }
}
