using HvPlatform.Contracts.Alerts;
using MassTransit;

namespace HvPlatform.Telemetry.Alerts;

/// <summary>What people say about alerts.</summary>
internal sealed class AlertConsumer(AlertBook book) : IConsumer<AcknowledgeAlert>
{
    public Task Consume(ConsumeContext<AcknowledgeAlert> context) => book.AcknowledgeAsync(context.Message, context.CancellationToken);
}
