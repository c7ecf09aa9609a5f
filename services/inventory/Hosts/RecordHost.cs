using HvPlatform.Contracts.Hosts;
using HvPlatform.Inventory.Storage;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.Inventory.Hosts;

/// <summary>What an agent says about itself and its host: registration, heartbeat, stop.</summary>
internal sealed class RecordHost(InventoryWriter writer, TimeProvider time) : IConsumer<HostRegistered>, IConsumer<HostHeartbeat>, IConsumer<HostAgentStopping>
{
    public async Task Consume(ConsumeContext<HostRegistered> context)
    {
        var (m, transaction) = (context.Message, context.Transaction());
        var load = await new InventoryLoad(transaction).LockHost(m.HostId).Host(m.HostId).HighestGeneration(m.HostId).RunAsync(context.CancellationToken);
        writer.Save(transaction, Cause.Of(context), HostRules.Registered(load.HostRow, load.Contact, load.KnownGeneration, m, time.Now()));
    }

    public async Task Consume(ConsumeContext<HostHeartbeat> context)
    {
        var (m, transaction) = (context.Message, context.Transaction());
        var load = await new InventoryLoad(transaction).LockHost(m.HostId).Host(m.HostId).RunAsync(context.CancellationToken);
        writer.Save(transaction, Cause.Of(context), HostRules.Heartbeat(load.HostRow, load.Contact, m, time.Now()));
    }

    public async Task Consume(ConsumeContext<HostAgentStopping> context)
    {
        var (m, transaction) = (context.Message, context.Transaction());
        var load = await new InventoryLoad(transaction).LockHost(m.HostId).Host(m.HostId).RunAsync(context.CancellationToken);
        writer.Save(transaction, Cause.Of(context), HostRules.Stopping(load.HostRow, load.Contact, m, time.Now()));
    }
}
