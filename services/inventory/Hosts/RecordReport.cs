using HvPlatform.Contracts.Hosts;
using HvPlatform.Inventory.Storage;
using HvPlatform.Inventory.Vms;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.Inventory.Hosts;

/// <summary>
/// A host's full report. Most reports find nothing new: those cost one read and one row of <c>host_contacts</c>, and lock no VM. Only the VMs that
/// are to change are locked, then decided upon again with what the lock shows.
/// </summary>
internal sealed class RecordReport(InventoryWriter writer, TimeProvider time, ILogger<RecordReport> logger) : IConsumer<HostReported>
{
    public async Task Consume(ConsumeContext<HostReported> context)
    {
        var (m, transaction, now) = (context.Message, context.Transaction(), time.Now());
        Guid[] listed = [.. m.Vms.Select(v => v.Id.Value)];
        var load = await new InventoryLoad(transaction).LockHost(m.HostId).Host(m.HostId).VmsOf(m.HostId, listed).Definitions(listed).RunAsync(context.CancellationToken);
        if (ReportRules.Reconcile(load.HostRow, load.Contact, load.Vms, load.DefinedBy, m, now) is not { } result)
        {
            Log.OldReportDropped(logger, m.HostId, m.Generation);
            return;
        }

        Guid[] changing = [.. result.Vms.Where(c => c.Before is not null).Select(c => c.Before!.Id.Value)];
        if (changing.Length > 0)
        {
            await load.LockVms(changing).RunAsync(context.CancellationToken);
            result = ReportRules.Reconcile(load.HostRow, load.Contact, load.Vms, load.DefinedBy, m, now)!;
        }

        if (result.Host.Events.Count > 0 && m.Outcome != HostReportOutcome.Complete)
        {
            Log.ReportNotComplete(logger, m.HostId, m.Outcome, m.Error?.Message);
        }

        if (m.Outcome != HostReportOutcome.Failed && FigureSql.Save(m.HostId, m.Generation, m.ObservedAt, m.Vms) is { } figures)
        {
            transaction.Enlist(figures);
        }

        VmLog.Duplicates(logger, result.Vms);
        writer.Save(transaction, Cause.Of(context), result.Host, result.Vms);
    }
}
