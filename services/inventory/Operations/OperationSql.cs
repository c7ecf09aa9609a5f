using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using Npgsql;
using NpgsqlTypes;
using static HvPlatform.Inventory.Storage.SqlParameters;

namespace HvPlatform.Inventory.Operations;

/// <summary>Writing operations' rows.</summary>
internal static class OperationSql
{
    public static NpgsqlBatchCommand Save(OperationRecord o) => Sql("""
        INSERT INTO operations (operation_id, version, kind, status, vm_id, host_id, destination_host_id, epoch, phase, phase_at, phases, policy, error,
                                unanswered_host_ids, trail, requested_by, idempotency_key, recorded_at, started_at, ended_at, changed_at,
                                total_ms, downtime_ms, transferred_bytes, left_on_source, forecast, in_doubt_since, unknown, resolution)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)
        ON CONFLICT (operation_id) DO UPDATE SET
               (version, kind, status, vm_id, host_id, destination_host_id, epoch, phase, phase_at, phases, policy, error,
                unanswered_host_ids, trail, requested_by, idempotency_key, recorded_at, started_at, ended_at, changed_at, total_ms, downtime_ms, transferred_bytes,
                left_on_source, forecast, in_doubt_since, unknown, resolution)
             = (excluded.version, excluded.kind, excluded.status, excluded.vm_id, excluded.host_id, excluded.destination_host_id, excluded.epoch, excluded.phase,
                excluded.phase_at, excluded.phases, excluded.policy, excluded.error, excluded.unanswered_host_ids, excluded.trail, excluded.requested_by,
                excluded.idempotency_key, excluded.recorded_at, excluded.started_at, excluded.ended_at, excluded.changed_at, excluded.total_ms, excluded.downtime_ms, excluded.transferred_bytes,
                excluded.left_on_source, excluded.forecast, excluded.in_doubt_since, excluded.unknown, excluded.resolution)
        """)
        .WithUuid(o.Id.Value)
        .WithLong(o.Version)
        .WithText(o.Kind.ToString())
        .WithText(o.Status.ToString())
        .WithUuid(o.VmId.Value)
        .WithUuid(o.HostId?.Value)
        .WithUuid(o.DestinationHostId?.Value)
        .WithLong(o.Epoch)
        .WithText(o.Phase?.ToString())
        .WithInstant(o.PhaseAt)
        .WithJson(o.Phases)
        .WithJson(o.Policy)
        .WithJson(o.Error)
        .WithArray(NpgsqlDbType.Uuid, o.UnansweredHostIds.Select(h => h.Value))
        .WithJson(o.Trail)
        .WithText(o.Trail?.RequestedBy)
        .WithText(o.Trail?.IdempotencyKey)
        .WithInstant(o.RecordedAt)
        .WithInstant(o.StartedAt)
        .WithInstant(o.EndedAt)
        .WithInstant(o.ChangedAt)
        .WithLong(o.TotalMs)
        .WithLong(o.DowntimeMs)
        .WithLong(o.TransferredBytes)
        .WithArray(NpgsqlDbType.Text, o.LeftOnSource)
        .WithJson(o.Forecast)
        .WithInstant(o.InDoubtSince)
        .WithText(o.Unknown)
        .WithJson(o.Resolution);

    /// <summary>Ends the version of now.</summary>
    public static NpgsqlBatchCommand CloseVersion(OperationId operation, DateTimeOffset at) =>
        Sql("UPDATE operation_versions SET valid_to = $2 WHERE operation_id = $1 AND valid_to = 'infinity'").WithUuid(operation.Value).WithInstant(at);

    /// <summary>A version of an operation; one without an end is the version of now.</summary>
    public static NpgsqlBatchCommand InsertVersion(OperationRecord o, DateTimeOffset from, DateTimeOffset? to) => Sql("""
        INSERT INTO operation_versions (operation_id, valid_from, valid_to, version, kind, status, vm_id, recorded_at, ended_at, phase, phases, error, unanswered_host_ids,
                                        in_doubt_since, unknown, forecast, resolution, total_ms, downtime_ms, transferred_bytes, left_on_source)
        VALUES ($1, $2, coalesce($3, 'infinity'), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        """)
        .WithUuid(o.Id.Value)
        .WithInstant(from)
        .WithInstant(to)
        .WithLong(o.Version)
        .WithText(o.Kind.ToString())
        .WithText(o.Status.ToString())
        .WithUuid(o.VmId.Value)
        .WithInstant(o.RecordedAt)
        .WithInstant(o.EndedAt)
        .WithText(o.Phase?.ToString())
        .WithJson(o.Phases)
        .WithJson(o.Error)
        .WithArray(NpgsqlDbType.Uuid, o.UnansweredHostIds.Select(h => h.Value))
        .WithInstant(o.InDoubtSince)
        .WithText(o.Unknown)
        .WithJson(o.Forecast)
        .WithJson(o.Resolution)
        .WithLong(o.TotalMs)
        .WithLong(o.DowntimeMs)
        .WithLong(o.TransferredBytes)
        .WithArray(NpgsqlDbType.Text, o.LeftOnSource);

    /// <summary>
    /// Progress has no history: the row alone takes it, at most twice a second (the end of the transfer always), never an older one and none after the
    /// migration's end. What a person reads as progress never shrinks and never passes 100 %, even if the source's agent was restarted or the transfer began again.
    /// </summary>
    public static NpgsqlBatchCommand SaveProgress(MigrationProgressed m) => Sql("""
        UPDATE operations SET progress_at = $3, progress = $2::jsonb || jsonb_build_object(
                'percent', greatest(least($4, 100), (progress ->> 'percent')::double precision, 0),
                'transferredBytes', greatest($5, (progress ->> 'transferredBytes')::bigint, 0))
        WHERE operation_id = $1 AND ended_at IS NULL
          AND (progress_at IS NULL OR progress_at <= $3::timestamptz - interval '500 milliseconds' OR (progress_at < $3 AND $4 >= 100))
        """)
        .WithUuid(m.OperationId.Value)
        .WithJson(m.Progress)
        .WithInstant(m.At)
        .With(NpgsqlDbType.Double, m.Progress.Percent)
        .WithLong(m.Progress.TransferredBytes);
}
