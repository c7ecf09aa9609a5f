using HvPlatform.Contracts;
using Npgsql;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>Operations as they stood: what never changes from the orchestrator's own rows, what does from the inventory's versions of them.</summary>
internal static class OperationPast
{
    /// <summary>Members of an operation that have no history.</summary>
    public static IReadOnlyList<string> NotKept { get; } = ["package", "updatedAt"];

    /// <summary>
    /// A table <c>o</c> as of instant $1 with the columns of <see cref="OperationStore.SelectList"/>. How far an export or import was is not kept, so one that had not ended has
    /// no phase, progress or doubt.
    /// </summary>
    public const string Source = """
        (SELECT r.id, r.kind, r.vm_id, r.vm_name, r.host_id, r.destination_host_id, r.epoch, v.status, r.requested_by, r.reason, r.idempotency_key, r.request,
                CASE WHEN r.kind IN ('ExportVm', 'ImportVm') THEN CASE WHEN v.ended_at IS NOT NULL THEN r.phase END ELSE v.phase END AS phase,
                CASE WHEN r.cancel_requested_at <= $1 THEN r.cancel_requested_at END AS cancel_requested_at,
                v.error, r.accepted_at, v.valid_from AS updated_at, CASE WHEN v.ended_at IS NOT NULL THEN coalesce(r.finished_at, v.ended_at) END AS finished_at, r.sends,
                CASE WHEN v.ended_at IS NOT NULL THEN r.figures END AS figures,
                CASE WHEN v.status = 'InDoubt' THEN jsonb_build_object('unknown', coalesce(v.unknown, ''), 'since', coalesce(v.in_doubt_since, v.valid_from),
                                                                       'unansweredHostIds', to_jsonb(v.unanswered_host_ids)) END AS doubt,
                CASE WHEN (r.resolution #>> '{trail,requestedAt}')::timestamptz <= $1 AND (r.kind NOT IN ('ExportVm', 'ImportVm') OR v.ended_at IS NOT NULL) THEN r.resolution END AS resolution,
                r.granted_bandwidth_mibps, NULL::jsonb AS progress, CASE WHEN v.ended_at IS NOT NULL THEN r.result END AS result
         FROM orchestrator.operations r
         JOIN LATERAL (SELECT * FROM inventory.operation_versions v WHERE v.operation_id = r.id AND v.valid_from <= $1 AND v.valid_to > $1) v ON true) o
        """;

    public static async Task<OperationView?> FindAsync(NpgsqlConnection connection, OperationId id, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        await using var command = connection.Command($"SELECT {OperationStore.SelectList} FROM {Source} WHERE o.id = $2", asOf, id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? OperationView.Of(OperationStore.Read(reader)) with { AsOf = asOf, NotKept = NotKept } : null;
    }
}
