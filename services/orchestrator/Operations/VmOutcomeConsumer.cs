using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>
/// Ends lifecycle operations with what their host's agent says: exactly one terminal event each. An answer that comes after the end
/// (the watchdog gave up before) is not a second end; only what it says of the VM is noted.
/// </summary>
internal sealed class VmOutcomeConsumer(TimeProvider clock, ILogger<VmOutcomeConsumer> log)
    : IConsumer<HostJobAccepted>, IConsumer<VmCommandCompleted>, IConsumer<VmCommandFailed>
{
    public Task Consume(ConsumeContext<HostJobAccepted> context) => context.Transaction().ExecuteAsync(
        "UPDATE orchestrator.operations SET status = 'Running', updated_at = $2 WHERE id = $1 AND status = 'Accepted' AND kind <> 'MigrateVm'",
        [context.Message.OperationId, clock.GetUtcNow()], context.CancellationToken);

    public async Task Consume(ConsumeContext<VmCommandCompleted> context)
    {
        var (tx, message) = (context.Transaction(), context.Message);
        if (await FindAsync(tx, message.OperationId, context.CancellationToken) is not { } operation)
        {
            return;
        }

        var deleted = operation.Kind == OperationKind.DeleteVm;
        if (deleted || message.State != VmState.Unknown)
        {
            await OperationStore.RememberAsync(tx, message.VmId, operation.VmName, message.HostId, message.State, deleted, message.At, context.CancellationToken);
        }

        if (operation.IsFinal)
        {
            Log.LateAnswer(log, message.HostId, operation.Id, operation.VmId, operation.Status);
            return;
        }

        await OperationStore.FinishAsync(tx, operation, OperationStatus.Succeeded, null, null, clock.GetUtcNow(), context.CancellationToken);
        OperationWatchdog.Disarm(tx, operation);
        tx.Publish(
            new OperationSucceeded { OperationId = operation.Id, Kind = operation.Kind, VmId = operation.VmId, HostId = operation.HostId, At = message.At },
            operation.VmId.Value);
        Log.Ended(log, operation.Kind, operation.Id, operation.VmId, OperationStatus.Succeeded);
    }

    public async Task Consume(ConsumeContext<VmCommandFailed> context)
    {
        var (tx, message) = (context.Transaction(), context.Message);
        if (await FindAsync(tx, message.OperationId, context.CancellationToken) is not { } operation)
        {
            return;
        }

        if (operation.IsFinal)
        {
            Log.LateAnswer(log, message.HostId, operation.Id, operation.VmId, operation.Status);
            return;
        }

        await OperationStore.FinishAsync(tx, operation, OperationStatus.Failed, null, message.Error, clock.GetUtcNow(), context.CancellationToken);
        OperationWatchdog.Disarm(tx, operation);
        tx.Publish(
            new OperationFailed
            {
                OperationId = operation.Id,
                Kind = operation.Kind,
                VmId = operation.VmId,
                HostId = operation.HostId,
                At = message.At,
                Error = message.Error,
            },
            operation.VmId.Value);
        Log.Ended(log, operation.Kind, operation.Id, operation.VmId, OperationStatus.Failed);
    }

    async Task<Operation?> FindAsync(HvTransaction tx, OperationId id, CancellationToken cancellationToken)
    {
        var operation = await OperationStore.LockAsync(tx, id, cancellationToken);
        if (operation is null)
        {
            Log.UnknownOperation(log, id);
        }

        return operation;
    }
}
