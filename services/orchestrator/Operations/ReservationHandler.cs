using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>Sets memory aside for the saga. A request for an operation that has ended is refused: its reservation would never be released.</summary>
internal sealed class ReservationHandler(OrchestratorOptions options, TimeProvider clock, ILogger<ReservationHandler> log)
{
    public async Task HandleAsync(IOrchestratorTx tx, ReserveMigrationCapacity message, CancellationToken cancellationToken)
    {
        var operation = await tx.LockOperationAsync(message.OperationId, cancellationToken);
        var refusal = operation switch
        {
            null => Refusals.OperationNotFound(message.OperationId),
            { IsFinal: true } => Refusals.OperationFinal(message.OperationId, operation.Status, "Migration"),
            _ => await Reservations.ReserveAsync(tx, message, options.HeadroomMiB, clock.GetUtcNow(), cancellationToken),
        };
        if (refusal is null)
        {
            tx.Send(Queues.MigrationSaga, new MigrationCapacityReserved { OperationId = message.OperationId, HostId = message.HostId }, message.VmId.Value);
            Log.Reserved(log, message.MemoryMiB, message.HostId, message.OperationId);
            return;
        }

        tx.Send(Queues.MigrationSaga, new MigrationCapacityRefused { OperationId = message.OperationId, HostId = message.HostId, Error = refusal.Error }, message.VmId.Value);
        Log.NotReserved(log, message.HostId, message.OperationId, refusal.Error.Message);
    }
}
