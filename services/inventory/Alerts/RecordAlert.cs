using HvPlatform.Contracts.History;
using HvPlatform.Inventory.Storage;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.Inventory.Alerts;

/// <summary>Alerts, each into a stream of its own: telemetry owns them, the history only tells them.</summary>
internal sealed class RecordAlert(InventoryWriter writer, TimeProvider time) : IConsumer<AlertRaised>, IConsumer<AlertAcknowledged>, IConsumer<AlertCleared>
{
    public Task Consume(ConsumeContext<AlertRaised> c) => Record(c, c.Message.AlertId.Value);

    public Task Consume(ConsumeContext<AlertAcknowledged> c) => Record(c, c.Message.AlertId.Value);

    public Task Consume(ConsumeContext<AlertCleared> c) => Record(c, c.Message.AlertId.Value);

    Task Record<T>(ConsumeContext<T> context, Guid alert)
        where T : class
    {
        writer.Tell(context.Transaction(), Cause.Of(context), alert, "alert", context.Message, time.Now());
        return Task.CompletedTask;
    }
}
