using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using Npgsql;
using NpgsqlTypes;
using static HvPlatform.Inventory.Storage.SqlParameters;

namespace HvPlatform.Inventory.Vms;

/// <summary>Keeps the newest figures of VMs: one row per VM and host, overwritten, without events.</summary>
internal static class FigureSql
{
    /// <summary>One statement for all VMs that have figures; null if none has. An observation older than the one kept changes nothing.</summary>
    public static NpgsqlBatchCommand? Save(HostId host, long generation, DateTimeOffset observedAt, IReadOnlyList<VmInfo> vms)
    {
        // In the order of ids, as every statement that locks several rows of VMs.
        var withFigures = vms.Where(vm => vm.Figures is not null).DistinctBy(vm => vm.Id).OrderBy(vm => vm.Id.Value).ToList();
        return withFigures.Count == 0 ? null : Sql("""
            INSERT INTO vm_figures AS f (vm_id, host_id, generation, observed_at, figures)
            SELECT a.id, $1, $2, $3, a.figures FROM unnest($4, $5) AS a(id, figures)
            ON CONFLICT (vm_id, host_id) DO UPDATE SET (generation, observed_at, figures) = (excluded.generation, excluded.observed_at, excluded.figures)
            WHERE f.generation <= excluded.generation
            """)
            .WithUuid(host.Value)
            .WithLong(generation)
            .WithInstant(observedAt)
            .WithArray(NpgsqlDbType.Uuid, withFigures.Select(vm => vm.Id.Value))
            .WithArray(NpgsqlDbType.Jsonb, withFigures.Select(vm => Json(vm.Figures)));
    }
}
