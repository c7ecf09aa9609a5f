using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Evacuations;
using HvPlatform.Orchestrator.Store;
using MassTransit;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>Brings the saga's events to <see cref="MigrationOutcomeHandler"/>, and their ends to the evacuation they belong to.</summary>
internal sealed class MigrationOutcomeConsumer(MigrationOutcomeHandler handler)
    : IConsumer<MigrationStarted>, IConsumer<MigrationPhaseChanged>, IConsumer<MigrationInDoubt>,
      IConsumer<MigrationCompleted>, IConsumer<MigrationRolledBack>, IConsumer<MigrationFailed>,
      IConsumer<MigrationResolvedByOperator>, IConsumer<MigrationResolveRejected>
{
    public Task Consume(ConsumeContext<MigrationStarted> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<MigrationPhaseChanged> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<MigrationInDoubt> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public async Task Consume(ConsumeContext<MigrationCompleted> context)
    {
        await handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);
        await EvacuationHandler.WakeAsync(new EvacuationTx(context.Tx()), context.Message.OperationId, context.CancellationToken);
    }

    public async Task Consume(ConsumeContext<MigrationRolledBack> context)
    {
        await handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);
        await EvacuationHandler.WakeAsync(new EvacuationTx(context.Tx()), context.Message.OperationId, context.CancellationToken);
    }

    public async Task Consume(ConsumeContext<MigrationFailed> context)
    {
        await handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);
        await EvacuationHandler.WakeAsync(new EvacuationTx(context.Tx()), context.Message.OperationId, context.CancellationToken);
    }

    public Task Consume(ConsumeContext<MigrationResolvedByOperator> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<MigrationResolveRejected> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);
}
