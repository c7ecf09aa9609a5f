using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.Orchestrator.Packages;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Operations;

/// <summary>
/// The orchestrator's own tables, one method per statement: operations, the lock that gives a VM one operation at a time,
/// its fencing epoch, and what the last outcome said about it.
/// </summary>
internal static class OperationStore
{
    const string Columns = """
        o.id, o.kind, o.vm_id, o.vm_name, o.host_id, o.destination_host_id, o.epoch, o.status, o.requested_by, o.reason, o.idempotency_key,
        o.request, o.phase, o.cancel_requested_at, o.error, o.accepted_at, o.updated_at, o.finished_at, o.sends,
        o.figures, o.doubt, o.resolution, o.granted_bandwidth_mibps, o.progress, o.result
        """;

    /// <summary>The columns <see cref="Read"/> expects, of a table called <c>o</c>.</summary>
    public static string SelectList => Columns;

    /// <summary>How many they are: the ordinal of the column after them.</summary>
    public const int ColumnCount = 25;

    public static async Task<Operation?> FindAsync(NpgsqlConnection connection, OperationId id, CancellationToken cancellationToken)
    {
        await using var command = connection.Command($"SELECT {Columns} FROM orchestrator.operations o WHERE o.id = $1", id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>The operation, its row locked until the transaction ends.</summary>
    public static async Task<Operation?> LockAsync(HvTransaction tx, OperationId id, CancellationToken cancellationToken)
    {
        await using var command = tx.Command($"SELECT {Columns} FROM orchestrator.operations o WHERE o.id = $1 FOR UPDATE", id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    public static Task InsertAsync(HvTransaction tx, Operation operation, CancellationToken cancellationToken) => tx.ExecuteAsync(
        """
        INSERT INTO orchestrator.operations (id, kind, vm_id, vm_name, host_id, destination_host_id, epoch, status, requested_by, reason, idempotency_key,
            request, phase, accepted_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """,
        [
            operation.Id, operation.Kind, operation.VmId, operation.VmName, operation.HostId, operation.DestinationHostId, operation.Epoch, operation.Status,
            operation.Trail.RequestedBy, operation.Trail.Reason, operation.Trail.IdempotencyKey,
            Request(operation), operation.Phase?.ToString() ?? operation.PackagePhase?.ToString(), operation.Trail.RequestedAt, operation.UpdatedAt,
        ],
        cancellationToken);

    static NpgsqlParameter Request(Operation operation) => operation switch
    {
        { Spec: { } spec } => Db.Jsonb(spec),
        { Export: { } export } => Db.Jsonb(export),
        { Import: { } import } => Db.Jsonb(import),
        { Policy: { } policy } => Db.Jsonb(policy),
        _ => Db.Jsonb(operation.Asked),
    };

    public static Task MarkRunningAsync(HvTransaction tx, OperationId id, bool migration, DateTimeOffset now) => tx.AtCommitAsync(
        "UPDATE orchestrator.operations SET status = 'Running', updated_at = $2 WHERE id = $1 AND status = 'Accepted' AND (kind IN ('MigrateVm', 'ExportVm', 'ImportVm')) = $3",
        id, now, migration);

    /// <summary>Deliveries may overtake each other: an older phase never replaces a newer one.</summary>
    public static Task FollowPhaseAsync(
        HvTransaction tx, OperationId id, MigrationPhase phase, DateTimeOffset enteredAt, OperationStatus status, DateTimeOffset now) =>
        tx.AtCommitAsync(
            """
            UPDATE orchestrator.operations SET phase = $2, phase_at = $3, status = $4, updated_at = $5
            WHERE id = $1 AND finished_at IS NULL AND (phase_at IS NULL OR phase_at <= $3)
            """,
            id, phase, enteredAt, status, now);

    /// <summary>As <see cref="FollowPhaseAsync"/>, of an export or import.</summary>
    public static Task FollowPackageAsync(HvTransaction tx, OperationId id, PackagePhase phase, DateTimeOffset enteredAt, OperationStatus status, DateTimeOffset now) =>
        tx.AtCommitAsync(
            """
            UPDATE orchestrator.operations SET phase = $2, phase_at = $3, status = $4, updated_at = $5
            WHERE id = $1 AND finished_at IS NULL AND (phase_at IS NULL OR phase_at <= $3)
            """,
            id, phase, enteredAt, status, now);

    public static Task PutProgressAsync(HvTransaction tx, OperationId id, PackageProgress progress) =>
        tx.AtCommitAsync("UPDATE orchestrator.operations SET progress = $2 WHERE id = $1 AND finished_at IS NULL", id, Db.Jsonb(progress));

    public static Task PutDoubtAsync(HvTransaction tx, OperationId id, MigrationDoubt doubt) => tx.AtCommitAsync(
        """
        UPDATE orchestrator.operations SET doubt = $2
        WHERE id = $1 AND finished_at IS NULL AND (doubt IS NULL OR (doubt ->> 'since')::timestamptz <= $3)
        """,
        id, Db.Jsonb(doubt), doubt.Since);

    public static Task MarkCancelRequestedAsync(HvTransaction tx, OperationId id, DateTimeOffset at, CancellationToken cancellationToken) =>
        tx.ExecuteAsync("UPDATE orchestrator.operations SET cancel_requested_at = $2, updated_at = $2 WHERE id = $1", [id, at], cancellationToken);

    public static Task CountSendAsync(HvTransaction tx, OperationId id, DateTimeOffset now) =>
        tx.AtCommitAsync("UPDATE orchestrator.operations SET sends = sends + 1, updated_at = $2 WHERE id = $1", id, now);

    /// <summary>Takes the VM's lock; if another operation holds it, returns that one.</summary>
    public static async Task<(OperationId Id, OperationKind Kind)?> TryLockVmAsync(
        HvTransaction tx, VmId vm, OperationId operation, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Two rounds: the holder can end between the refused insert and the look at who it is.
        for (var round = 0; ; round++)
        {
            var taken = await tx.ExecuteAsync(
                "INSERT INTO orchestrator.vm_locks (vm_id, operation_id, locked_at) VALUES ($1, $2, $3) ON CONFLICT (vm_id) DO NOTHING", [vm, operation, now], cancellationToken);
            if (taken == 1)
            {
                return null;
            }

            await using var command = tx.Command(
                "SELECT l.operation_id, o.kind FROM orchestrator.vm_locks l JOIN orchestrator.operations o ON o.id = l.operation_id WHERE l.vm_id = $1", vm);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            if (await reader.ReadAsync(cancellationToken))
            {
                return (new OperationId(reader.GetGuid(0)), reader.Enum<OperationKind>(1));
            }

            if (round == 5)
            {
                throw new InvalidOperationException($"The lock of VM {vm} changes hands faster than it can be read.");
            }
        }
    }

    /// <summary>Grants the VM's next epoch: above every one granted and above the one stored beside the VM.</summary>
    public static async Task<long> GrantEpochAsync(HvTransaction tx, VmId vm, long storedBesideVm, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            """
            INSERT INTO orchestrator.vm_epochs AS e (vm_id, epoch) VALUES ($1, $2 + 1)
            ON CONFLICT (vm_id) DO UPDATE SET epoch = greatest(e.epoch, $2) + 1
            RETURNING epoch
            """,
            vm, storedBesideVm);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public static Task PutResolutionAsync(HvTransaction tx, OperationId id, OperatorResolution resolution, DateTimeOffset now) =>
        tx.AtCommitAsync("UPDATE orchestrator.operations SET resolution = $2, updated_at = $3 WHERE id = $1", id, Db.Jsonb(resolution), now);

    /// <summary>Makes the operation final and lets its VM, its room and its place in the queue go.</summary>
    public static Task FinishAsync(HvTransaction tx, Operation operation, OperationEnd end) => tx.AtCommitAsync(
        """
        WITH l AS (DELETE FROM orchestrator.vm_locks WHERE operation_id = $1),
             r AS (DELETE FROM orchestrator.reservations WHERE operation_id = $1),
             w AS (DELETE FROM orchestrator.reservation_waits WHERE operation_id = $1)
        UPDATE orchestrator.operations SET status = $2, phase = coalesce($3, phase), error = $4, figures = $5, doubt = NULL, updated_at = $6, finished_at = $6, result = $7
        WHERE id = $1
        """,
        operation.Id, end.Status, Db.Text(end.Phase?.ToString() ?? end.PackagePhase?.ToString()), Db.Jsonb(end.Error), Db.Jsonb(end.Figures), end.At, Db.Jsonb(end.Result));

    /// <summary>Remembers what an outcome said about a VM, unless something newer is known.</summary>
    public static Task RememberAsync(HvTransaction tx, VmId vm, string name, HostId host, VmState state, bool deleted, DateTimeOffset at) =>
        tx.AtCommitAsync(
            """
            INSERT INTO orchestrator.vm_facts AS f (vm_id, name, host_id, state, deleted, at) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (vm_id) DO UPDATE SET name = $2, host_id = $3, state = $4, deleted = $5, at = $6 WHERE f.at <= $6
            """,
            vm, name, host, state, deleted, at);

    public static Operation Read(NpgsqlDataReader reader)
    {
        var kind = reader.Enum<OperationKind>(1);
        return new Operation
        {
            Id = new OperationId(reader.GetGuid(0)),
            Kind = kind,
            VmId = new VmId(reader.GetGuid(2)),
            VmName = reader.GetString(3),
            HostId = new HostId(reader.GetGuid(4)),
            DestinationHostId = reader.IsDBNull(5) ? null : new HostId(reader.GetGuid(5)),
            Epoch = reader.GetInt64(6),
            Status = reader.Enum<OperationStatus>(7),
            Trail = new Trail { RequestedBy = reader.GetString(8), Reason = reader.Text(9), IdempotencyKey = reader.Text(10), RequestedAt = reader.Instant(15) },
            Spec = kind == OperationKind.DefineVm ? reader.Json<VmSpec>(11) : null,
            Policy = kind == OperationKind.MigrateVm ? reader.Json<MigrationPolicy>(11) : null,
            Asked = kind is OperationKind.DefineVm or OperationKind.MigrateVm or OperationKind.ExportVm or OperationKind.ImportVm ? null : reader.Json<JsonElement?>(11),
            Export = kind == OperationKind.ExportVm ? reader.Json<ExportSettings>(11) : null,
            Import = kind == OperationKind.ImportVm ? reader.Json<ImportSettings>(11) : null,
            Phase = kind != OperationKind.MigrateVm || reader.IsDBNull(12) ? null : reader.Enum<MigrationPhase>(12),
            PackagePhase = kind is OperationKind.ExportVm or OperationKind.ImportVm && !reader.IsDBNull(12) ? reader.Enum<PackagePhase>(12) : null,
            Progress = reader.Json<PackageProgress>(23),
            Result = reader.Json<PackageResult>(24),
            CancelRequestedAt = reader.InstantOrNull(13),
            Error = reader.Json<ErrorInfo>(14),
            UpdatedAt = reader.Instant(16),
            FinishedAt = reader.InstantOrNull(17),
            Sends = reader.GetInt32(18),
            Figures = reader.Json<MigrationFigures>(19),
            Doubt = reader.Json<MigrationDoubt>(20),
            Resolution = reader.Json<OperatorResolution>(21),
            GrantedBandwidthMiBps = reader.IntOrNull(22),
        };
    }
}
