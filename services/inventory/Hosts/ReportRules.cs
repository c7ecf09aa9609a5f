using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Inventory.Vms;

namespace HvPlatform.Inventory.Hosts;

/// <summary>The result of reconciling a report with what is stored.</summary>
/// <param name="Host">The host's part.</param>
/// <param name="Vms">Only VMs with something to write.</param>
internal sealed record Reconciliation(HostChange Host, IReadOnlyList<VmChange> Vms);

/// <summary>Reconciles a host's full report with the rows. Pure.</summary>
internal static class ReportRules
{
    /// <summary>
    /// Null for a report older than one worked on before. Of a failed report nothing is believed about VMs; of a partial one what it lists; only a complete one
    /// says that a VM is absent.
    /// </summary>
    /// <param name="host">The host as known.</param>
    /// <param name="contact">What was heard of it before.</param>
    /// <param name="known">Every VM in the report that is known, and every VM with a placement on the host.</param>
    /// <param name="definedBy">Unfinished operations about VMs that are not known yet.</param>
    /// <param name="report">The report.</param>
    /// <param name="now">The inventory's clock.</param>
    public static Reconciliation? Reconcile(
        HostRecord? host, HostContact? contact, IReadOnlyDictionary<VmId, VmRecord> known, IReadOnlyDictionary<VmId, OpenOperation> definedBy, HostReported report, DateTimeOffset now)
    {
        if (HostRules.Reported(host, contact, report, now) is not { } hostChange)
        {
            return null;
        }

        if (report.Outcome == HostReportOutcome.Failed)
        {
            return new(hostChange, []);
        }

        var complete = report.Outcome == HostReportOutcome.Complete;
        var changes = new List<VmChange>();
        var listed = new HashSet<VmId>();
        foreach (var info in report.Vms)
        {
            if (!listed.Add(info.Id))
            {
                continue;
            }

            var seen = new VmObserved { HostId = report.HostId, Vm = info, Generation = report.Generation, ObservedAt = report.ObservedAt, Cause = "report" };
            var change = VmRules.Observe(known.GetValueOrDefault(info.Id), seen, contact?.Generation ?? 0, definedBy.GetValueOrDefault(info.Id), now);
            if (change.Events.Count > 0 || (!complete && change.Confirmed is not null))
            {
                changes.Add(change);
            }
        }

        if (complete)
        {
            changes.AddRange(known.Values
                .Where(vm => !listed.Contains(vm.Id))
                .Select(vm => VmRules.Absent(vm, report.HostId, report.Generation, report.ObservedAt, now))
                .Where(c => c.Events.Count > 0));
        }

        return new(hostChange, [.. changes.OrderBy(c => c.After!.Id.Value)]);
    }
}
