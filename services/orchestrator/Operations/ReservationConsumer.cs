using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Store;
using MassTransit;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>Brings the saga's requests for room to <see cref="ReservationHandler"/>.</summary>
internal sealed class ReservationConsumer(ReservationHandler handler) : IConsumer<ReserveMigrationCapacity>
{
    public Task Consume(ConsumeContext<ReserveMigrationCapacity> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);
}
