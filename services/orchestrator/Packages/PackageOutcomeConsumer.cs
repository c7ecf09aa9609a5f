using HvPlatform.Contracts.Packages;
using HvPlatform.Orchestrator.Store;
using MassTransit;

namespace HvPlatform.Orchestrator.Packages;

/// <summary>Brings the events of exports and imports to <see cref="PackageOutcomeHandler"/>.</summary>
internal sealed class PackageOutcomeConsumer(PackageOutcomeHandler handler)
    : IConsumer<ExportStarted>, IConsumer<ExportPhaseChanged>, IConsumer<ExportProgressed>, IConsumer<ExportInDoubt>,
      IConsumer<ExportCompleted>, IConsumer<ExportFailed>, IConsumer<ImportStarted>, IConsumer<ImportPhaseChanged>,
      IConsumer<ImportProgressed>, IConsumer<ImportInDoubt>, IConsumer<ImportCompleted>, IConsumer<ImportFailed>,
      IConsumer<PackageResolvedByOperator>, IConsumer<PackageResolveRejected>
{
    public Task Consume(ConsumeContext<ExportStarted> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ExportPhaseChanged> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ExportProgressed> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ExportInDoubt> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ExportCompleted> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ExportFailed> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ImportStarted> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ImportPhaseChanged> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ImportProgressed> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ImportInDoubt> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ImportCompleted> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<ImportFailed> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<PackageResolvedByOperator> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<PackageResolveRejected> context) => handler.HandleAsync(context.Tx(), context.Message, context.CancellationToken);
}
