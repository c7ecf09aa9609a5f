using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Store;
using MassTransit;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>Brings the saga's events to <see cref="MigrationOutcomeHandler"/>.</summary>
internal sealed class MigrationOutcomeConsumer(MigrationOutcomeHandler handler)
    : IConsumer<MigrationStarted>, IConsumer<MigrationPhaseChanged>, IConsumer<MigrationInDoubt>,
      IConsumer<MigrationCompleted>, IConsumer<MigrationRolledBack>, IConsumer<MigrationFailed>
{
    public Task Consume(ConsumeContext<MigrationStarted> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<MigrationPhaseChanged> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<MigrationInDoubt> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<MigrationCompleted> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<MigrationRolledBack> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<MigrationFailed> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);
}
