using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Inventory.Storage;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.Inventory.Hosts;

/// <summary>A host's maintenance and evacuations, into its stream: the orchestrator owns both, the history only tells them.</summary>
internal sealed class RecordMaintenance(InventoryWriter writer, TimeProvider time) :
    IConsumer<HostMaintenanceChanged>, IConsumer<EvacuationStarted>, IConsumer<EvacuationPaused>, IConsumer<EvacuationResumed>,
    IConsumer<EvacuationCancelling>, IConsumer<EvacuationEnded>
{
    public Task Consume(ConsumeContext<HostMaintenanceChanged> c) => RecordAsync(c, c.Message.HostId, MaintenanceRules.Of(c.Message));

    public Task Consume(ConsumeContext<EvacuationStarted> c) => RecordAsync(c, c.Message.HostId, MaintenanceRules.Of(c.Message));

    public Task Consume(ConsumeContext<EvacuationPaused> c) => RecordAsync(c, c.Message.HostId, MaintenanceRules.Of(c.Message));

    public Task Consume(ConsumeContext<EvacuationResumed> c) => RecordAsync(c, c.Message.HostId, MaintenanceRules.Of(c.Message));

    public Task Consume(ConsumeContext<EvacuationCancelling> c) => RecordAsync(c, c.Message.HostId, MaintenanceRules.Of(c.Message));

    public Task Consume(ConsumeContext<EvacuationEnded> c) => RecordAsync(c, c.Message.HostId, MaintenanceRules.Of(c.Message));

    async Task RecordAsync(ConsumeContext context, HostId host, object e)
    {
        var transaction = context.Transaction();
        var load = await new InventoryLoad(transaction).LockHost(host).Host(host).RunAsync(context.CancellationToken);

        // The orchestrator knows hosts from here, so one without a row has no stream to write to.
        if (load is { HostRow: { } known, Contact: { } contact })
        {
            var change = new HostChange(known, contact, time.Now());
            change.Add(e);
            writer.Save(transaction, Cause.Of(context), change);
        }
    }
}
