using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Inventory.Storage;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.Inventory.Vms;

/// <summary>What an agent says about one VM at once, between its reports.</summary>
internal sealed class RecordVm(InventoryWriter writer, TimeProvider time, ILogger<RecordVm> logger) : IConsumer<VmObserved>, IConsumer<VmGone>, IConsumer<HostCommandRefused>
{
    public async Task Consume(ConsumeContext<VmObserved> context)
    {
        var (m, transaction) = (context.Message, context.Transaction());
        var load = await new InventoryLoad(transaction).ShareHost(m.HostId).Host(m.HostId).LockVm(m.Vm.Id).Definitions([m.Vm.Id.Value]).RunAsync(context.CancellationToken);
        if (FigureSql.Save(m.HostId, m.Generation, m.ObservedAt, [m.Vm]) is { } figures)
        {
            transaction.Enlist(figures);
        }

        Save(context, VmRules.Observe(load.Vm(m.Vm.Id), m, load.Contact?.Generation ?? 0, load.DefinedBy.GetValueOrDefault(m.Vm.Id), time.Now()));
    }

    public async Task Consume(ConsumeContext<VmGone> context)
    {
        var (m, transaction) = (context.Message, context.Transaction());
        var load = await new InventoryLoad(transaction).ShareHost(m.HostId).LockVm(m.VmId).RunAsync(context.CancellationToken);
        Save(context, VmRules.Gone(load.Vm(m.VmId), m, time.Now()));
    }

    /// <summary>Of a VM that is not known there is no history to write it into; the agent has logged it.</summary>
    public async Task Consume(ConsumeContext<HostCommandRefused> context)
    {
        var (m, transaction) = (context.Message, context.Transaction());
        var load = await new InventoryLoad(transaction).LockVm(m.VmId).RunAsync(context.CancellationToken);
        if (load.Vm(m.VmId) is { } vm)
        {
            writer.Save(transaction, Cause.Of(context, m.OperationId), vms: [VmOperationRules.Fenced(vm, m, time.Now())]);
            Log.CommandFenced(logger, m.HostId, m.Command, m.OperationId, m.VmId, m.Epoch, m.HighestEpoch);
        }
    }

    void Save(ConsumeContext context, VmChange change)
    {
        if (change.Events.Count > 0 || change.Confirmed is not null)
        {
            VmLog.Duplicates(logger, [change]);
            writer.Save(context.Transaction(), Cause.Of(context, change.After!.OperationId), vms: [change]);
        }
    }
}

/// <summary>What is said aloud about VMs.</summary>
internal static class VmLog
{
    public static void Duplicates(ILogger logger, IEnumerable<VmChange> changes)
    {
        foreach (var e in changes.SelectMany(c => c.Events).OfType<VmDuplicateDetected>())
        {
            Log.DuplicateRunning(logger, e.VmId, string.Join(", ", e.HostIds));
        }
    }
}
