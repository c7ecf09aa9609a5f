using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Store;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>Gives the saga room for a migration. A request for an operation that has ended is refused: its reservation would never be released.</summary>
internal sealed class ReservationHandler(OrchestratorOptions options, TimeProvider clock, ILogger<ReservationHandler> log)
{
    public async Task HandleAsync(IOrchestratorTx tx, ReserveMigrationCapacity message, CancellationToken cancellationToken)
    {
        var operation = await tx.LockOperationAsync(message.OperationId, cancellationToken);
        var answer = operation switch
        {
            null => new ReserveAnswer.Refused(Refusals.OperationNotFound(message.OperationId)),
            { IsFinal: true } => new ReserveAnswer.Refused(Refusals.OperationFinal(message.OperationId, operation.Status, "Migration")),
            _ => await Reservations.ReserveAsync(tx, operation, message, options, clock.GetUtcNow(), cancellationToken),
        };
        void Reply<T>(T reply) where T : class => tx.Send(Queues.MigrationSaga, reply, message.VmId.Value);

        switch (answer)
        {
            case ReserveAnswer.Granted granted:
                Reply(new MigrationCapacityReserved { OperationId = message.OperationId, HostId = message.HostId, BandwidthMiBps = granted.BandwidthMiBps });
                Log.Reserved(log, message.MemoryMiB, message.HostId, message.OperationId);
                break;
            case ReserveAnswer.Deferred deferred:
                Reply(new MigrationCapacityDeferred
                {
                    OperationId = message.OperationId,
                    HostId = deferred.HostId,
                    Reason = deferred.Reason,
                    RetryAfterMs = deferred.RetryAfterMs,
                });
                Log.PutOff(log, message.OperationId, deferred.Reason, deferred.RetryAfterMs);
                break;
            case ReserveAnswer.Refused { Refusal: var refusal }:
                Reply(new MigrationCapacityRefused { OperationId = message.OperationId, HostId = message.HostId, Error = refusal.Error });
                Log.NotReserved(log, message.HostId, message.OperationId, refusal.Error.Message);
                break;
            default:
                throw new InvalidOperationException($"No reply for {answer.GetType().Name}.");
        }
    }
}
