using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Store;
using HvPlatform.Orchestrator.Vms;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>
/// Ends lifecycle operations with what their host's agent says: exactly one terminal event each. An answer that comes after the end
/// (the watchdog gave up before) is not a second end; only what it says of the VM is noted.
/// </summary>
internal sealed class VmOutcomeHandler(TimeProvider clock, ILogger<VmOutcomeHandler> log)
{
    public Task HandleAsync(IOrchestratorTx tx, HostJobAccepted message, CancellationToken cancellationToken) =>
        tx.MarkRunningAsync(message.OperationId, migration: false, clock.GetUtcNow(), cancellationToken);

    public async Task HandleAsync(IOrchestratorTx tx, VmCommandCompleted message, CancellationToken cancellationToken)
    {
        if (await FindAsync(tx, message.OperationId, cancellationToken) is not { } operation)
        {
            return;
        }

        var deleted = operation.Kind == OperationKind.DeleteVm;
        if (deleted || message.State != VmState.Unknown)
        {
            await tx.RememberAsync(message.VmId, NameAfter(operation), message.HostId, message.State, deleted, message.At, cancellationToken);
        }

        if (operation.IsFinal)
        {
            Log.LateAnswer(log, message.HostId, operation.Id, operation.VmId, operation.Status);
            return;
        }

        await tx.FinishOperationAsync(operation, new OperationEnd { Status = OperationStatus.Succeeded, At = clock.GetUtcNow() }, cancellationToken);
        OperationWatchdog.Disarm(tx, operation);
        tx.Publish(
            new OperationSucceeded { OperationId = operation.Id, Kind = operation.Kind, VmId = operation.VmId, HostId = operation.HostId, At = message.At },
            operation.VmId.Value);
        Log.Ended(log, operation.Kind, operation.Id, operation.VmId, OperationStatus.Succeeded);
    }

    public async Task HandleAsync(IOrchestratorTx tx, VmCommandFailed message, CancellationToken cancellationToken)
    {
        if (await FindAsync(tx, message.OperationId, cancellationToken) is not { } operation)
        {
            return;
        }

        if (operation.IsFinal)
        {
            Log.LateAnswer(log, message.HostId, operation.Id, operation.VmId, operation.Status);
            return;
        }

        await tx.FinishOperationAsync(operation, new OperationEnd { Status = OperationStatus.Failed, Error = message.Error, At = clock.GetUtcNow() }, cancellationToken);
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

    static string NameAfter(Operation operation) => operation.Kind == OperationKind.RenameVm ? operation.As<RenameVmRequest>().Name : operation.VmName;

    async Task<Operation?> FindAsync(IOrchestratorTx tx, OperationId id, CancellationToken cancellationToken)
    {
        var operation = await tx.LockOperationAsync(id, cancellationToken);
        if (operation is null)
        {
            Log.UnknownOperation(log, id);
        }

        return operation;
    }
}
