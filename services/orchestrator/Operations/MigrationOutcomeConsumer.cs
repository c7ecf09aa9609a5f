using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>Follows the saga's events: keeps the operation's phase, and at the terminal event lets go of the VM and of the reservation.</summary>
internal sealed class MigrationOutcomeConsumer(TimeProvider clock, ILogger<MigrationOutcomeConsumer> log)
    : IConsumer<MigrationStarted>, IConsumer<MigrationPhaseChanged>, IConsumer<MigrationInDoubt>,
      IConsumer<MigrationCompleted>, IConsumer<MigrationRolledBack>, IConsumer<MigrationFailed>
{
    public Task Consume(ConsumeContext<MigrationStarted> context) => context.Transaction().ExecuteAsync(
        "UPDATE orchestrator.operations SET status = 'Running', updated_at = $2 WHERE id = $1 AND status = 'Accepted'",
        [context.Message.OperationId, clock.GetUtcNow()], context.CancellationToken);

    public Task Consume(ConsumeContext<MigrationPhaseChanged> context) => context.Message.To is MigrationPhase.Completed or MigrationPhase.RolledBack or MigrationPhase.Failed
        ? Task.CompletedTask
        : FollowAsync(context, context.Message.OperationId, context.Message.To, context.Message.At);

    public Task Consume(ConsumeContext<MigrationInDoubt> context) => FollowAsync(context, context.Message.OperationId, MigrationPhase.InDoubt, context.Message.Since);

    public async Task Consume(ConsumeContext<MigrationCompleted> context)
    {
        var message = context.Message;
        if (await EndAsync(context, message.OperationId, OperationStatus.Succeeded, MigrationPhase.Completed, null) is { } operation)
        {
            await OperationStore.RememberAsync(
                context.Transaction(), operation.VmId, operation.VmName, message.DestinationHostId, VmState.Running, deleted: false, message.At, context.CancellationToken);
        }
    }

    public Task Consume(ConsumeContext<MigrationRolledBack> context) => EndAsync(
        context, context.Message.OperationId, context.Message.Cancelled ? OperationStatus.Cancelled : OperationStatus.RolledBack, MigrationPhase.RolledBack, context.Message.Error);

    public Task Consume(ConsumeContext<MigrationFailed> context) =>
        EndAsync(context, context.Message.OperationId, OperationStatus.Failed, MigrationPhase.Failed, context.Message.Error);

    /// <summary>Deliveries may overtake each other: an older phase never replaces a newer one.</summary>
    Task FollowAsync(ConsumeContext context, OperationId id, MigrationPhase phase, DateTimeOffset at) => context.Transaction().ExecuteAsync(
        """
        UPDATE orchestrator.operations SET phase = $2, phase_at = $3, status = $4, updated_at = $5
        WHERE id = $1 AND finished_at IS NULL AND (phase_at IS NULL OR phase_at <= $3)
        """,
        [id, phase, at, phase == MigrationPhase.InDoubt ? OperationStatus.InDoubt : OperationStatus.Running, clock.GetUtcNow()], context.CancellationToken);

    async Task<Operation?> EndAsync(ConsumeContext context, OperationId id, OperationStatus status, MigrationPhase phase, ErrorInfo? error)
    {
        var tx = context.Transaction();
        if (await OperationStore.LockAsync(tx, id, context.CancellationToken) is not { } operation)
        {
            Log.UnknownOperation(log, id);
            return null;
        }

        if (operation.IsFinal)
        {
            return null;
        }

        await OperationStore.FinishAsync(tx, operation, status, phase, error, clock.GetUtcNow(), context.CancellationToken);
        Log.Ended(log, operation.Kind, operation.Id, operation.VmId, status);
        return operation;
    }
}
