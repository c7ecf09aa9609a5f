using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Events;
using HvPlatform.Orchestrator.Events;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Webhooks;

/// <summary>Webhooks and their deliveries in the database: what requests and the deliverer read and write.</summary>
internal sealed class WebhookStore([FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, TimeProvider clock)
{
    public const string TestType = "webhook_test";

    const string Columns =
        """
        w.id, w.url, w.types, w.vm, w.host, w.description, w.position, w.paused_at, w.paused_reason, w.created_by, w.created_at, w.updated_at,
        (SELECT count(*) FROM orchestrator.webhook_deliveries d WHERE d.webhook_id = w.id AND d.status = 'Pending'),
        (SELECT count(*) FROM orchestrator.webhook_deliveries d WHERE d.webhook_id = w.id AND d.status = 'Dead')
        """;

    const string DeliveryColumns = "id, seq, type, status, attempts, created_at, next_attempt_at, last_attempt_at, last_status, last_error, delivered_at";

    public async Task<IReadOnlyList<WebhookView>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command($"SELECT {Columns} FROM orchestrator.webhooks w ORDER BY w.created_at DESC, w.id DESC");
        return await ReadAsync(command, View, cancellationToken);
    }

    public async Task<WebhookView?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command($"SELECT {Columns} FROM orchestrator.webhooks w WHERE w.id = $1", id);
        return (await ReadAsync(command, View, cancellationToken)).FirstOrDefault();
    }

    /// <summary>One webhook, locked until the transaction's end; null if there is none.</summary>
    public static async Task<WebhookView?> LockAsync(HvTransaction tx, Guid id, CancellationToken cancellationToken)
    {
        await using var command = tx.Command($"SELECT {Columns} FROM orchestrator.webhooks w WHERE w.id = $1 FOR UPDATE OF w", id);
        return (await ReadAsync(command, View, cancellationToken)).FirstOrDefault();
    }

    /// <summary>False if there are as many as there may be.</summary>
    public async Task<bool> CreateAsync(HvTransaction tx, WebhookView view, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            """
            INSERT INTO orchestrator.webhooks (id, url, types, vm, host, description, secret, position, created_by, created_at, updated_at)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10 WHERE (SELECT count(*) FROM orchestrator.webhooks) < $11
            """,
            view.Id, view.Url, view.Types.ToArray(), Db.Uuid(view.Vm), Db.Uuid(view.Host), Db.Text(view.Description), view.Secret!, view.Position, view.CreatedBy, view.CreatedAt, options.Webhooks.Most);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Changes what is given. An endpoint that goes on begins without a record of failures, and the time it was paused is not counted against what waits.</summary>
    public async Task ChangeAsync(HvTransaction tx, Guid id, UpdateWebhookRequest change, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            """
            WITH before AS (SELECT paused_at FROM orchestrator.webhooks WHERE id = $1),
                 waiting AS (UPDATE orchestrator.webhook_deliveries d SET give_up_at = least(d.give_up_at + ($5 - b.paused_at), $5 + $7)
                             FROM before b WHERE $6 IS FALSE AND b.paused_at IS NOT NULL AND d.webhook_id = $1 AND d.status = 'Pending')
            UPDATE orchestrator.webhooks SET url = coalesce($2, url), types = coalesce($3, types), description = coalesce($4, description), updated_at = $5,
                paused_at = CASE WHEN $6 IS NULL THEN paused_at WHEN $6 THEN coalesce(paused_at, $5) END,
                paused_reason = CASE WHEN $6 IS NULL THEN paused_reason WHEN $6 THEN coalesce(paused_reason, 'Paused by request.') END,
                failures = CASE WHEN $6 IS FALSE THEN 0 ELSE failures END,
                dead_in_a_row = CASE WHEN $6 IS FALSE THEN 0 ELSE dead_in_a_row END,
                resting_until = CASE WHEN $6 IS FALSE THEN NULL ELSE resting_until END
            WHERE id = $1
            """,
            id, Db.Text(WebhookApi.Stored(change.Url)), TextArray(change.Types), Db.Text(change.Description), clock.GetUtcNow(), Boolean(change.Paused), options.Webhooks.GiveUpAfter);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Gives a new secret; the one before signs along for a while. So does, for as long as it was told it would, the one that was good before the first of several replacements: when
    /// the answer to a replacement is lost it is made again, and the receiver knows only the very first.
    /// </summary>
    public async Task ReplaceSecretAsync(HvTransaction tx, Guid id, string secret, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var command = tx.Command(
            """
            UPDATE orchestrator.webhooks SET secret = $2, old_secret = secret, old_until = $3, updated_at = $4,
                kept_secret = CASE WHEN kept_until > $4 THEN kept_secret WHEN old_until > $4 THEN old_secret END,
                kept_until = CASE WHEN kept_until > $4 THEN kept_until WHEN old_until > $4 THEN old_until END
            WHERE id = $1
            """,
            id, secret, now + options.Webhooks.OldSecretFor, now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task DeleteAsync(HvTransaction tx, Guid id, CancellationToken cancellationToken)
    {
        await using var command = tx.Command("DELETE FROM orchestrator.webhooks WHERE id = $1", id);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<WebhookDeliveryView> AddTestAsync(HvTransaction tx, Guid webhook, CancellationToken cancellationToken)
    {
        var (id, now) = (Guid.CreateVersion7(clock.GetUtcNow()), clock.GetUtcNow());
        var body = JsonSerializer.Serialize(new WebhookBody { DeliveryId = id, WebhookId = webhook, Type = TestType }, HvJson.Options);
        await using var command = tx.Command(
            $"""
            INSERT INTO orchestrator.webhook_deliveries (id, webhook_id, type, body, created_at, give_up_at, next_attempt_at) VALUES ($1, $2, $3, $4, $5, $6, $5)
            RETURNING {DeliveryColumns}
            """,
            id, webhook, TestType, body, now, now + options.Webhooks.GiveUpAfter);
        return (await ReadAsync(command, Delivery, cancellationToken))[0];
    }

    /// <summary>Sends a delivery once more, as soon as possible. Null if there is none.</summary>
    public async Task<WebhookDeliveryView?> RedeliverAsync(HvTransaction tx, Guid webhook, Guid delivery, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var command = tx.Command(
            $"""
            UPDATE orchestrator.webhook_deliveries SET status = 'Pending', attempts = 0, next_attempt_at = $3, give_up_at = $4, delivered_at = NULL WHERE webhook_id = $1 AND id = $2
            RETURNING {DeliveryColumns}
            """,
            webhook, delivery, now, now + options.Webhooks.GiveUpAfter);
        return (await ReadAsync(command, Delivery, cancellationToken)).FirstOrDefault();
    }

    /// <summary>The newest first; one more than asked for tells whether there are further ones.</summary>
    public async Task<List<WebhookDeliveryView>> ListDeliveriesAsync(Guid webhook, string? status, Guid? before, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command(
            $"SELECT {DeliveryColumns} FROM orchestrator.webhook_deliveries WHERE webhook_id = $1 AND ($2 IS NULL OR status = $2) AND ($3 IS NULL OR id < $3) ORDER BY id DESC LIMIT $4",
            webhook, Db.Text(status), Db.Uuid(before), limit + 1);
        return await ReadAsync(command, Delivery, cancellationToken);
    }

    /// <summary>Endpoints that take events and have room for more.</summary>
    public async Task<IReadOnlyList<(Guid Id, long Position, EventFilter Filter)>> FollowersAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command(
            """
            SELECT w.id, w.position, w.types, w.vm, w.host FROM orchestrator.webhooks w WHERE w.paused_at IS NULL
            AND (SELECT count(*) FROM orchestrator.webhook_deliveries d WHERE d.webhook_id = w.id AND d.status = 'Pending') < $1
            """,
            options.Webhooks.MostWaiting);
        return await ReadAsync(command, r => (
            r.GetGuid(0),
            r.GetInt64(1),
            new EventFilter { Types = r.GetFieldValue<string[]>(2).ToHashSet(StringComparer.Ordinal), Vm = r.IsDBNull(3) ? null : r.GetGuid(3), Host = r.IsDBNull(4) ? null : r.GetGuid(4) }), cancellationToken);
    }

    /// <summary>Takes events for an endpoint: its deliveries and how far it is are one transaction, so none is lost and none comes twice.</summary>
    public async Task TakeAsync(Guid webhook, long from, long to, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var moved = connection.Command("UPDATE orchestrator.webhooks SET position = $3 WHERE id = $1 AND position = $2", webhook, from, to))
        {
            if (await moved.ExecuteNonQueryAsync(cancellationToken) != 1)
            {
                return;
            }
        }

        foreach (var e in events)
        {
            var id = Guid.CreateVersion7(now);
            var body = JsonSerializer.Serialize(new WebhookBody { DeliveryId = id, WebhookId = webhook, Type = e.Type, Event = HistoryEvent.Of(e) }, HvJson.Options);
            await using var insert = connection.Command(
                """
                INSERT INTO orchestrator.webhook_deliveries (id, webhook_id, seq, type, body, created_at, give_up_at, next_attempt_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $6)
                """,
                id, webhook, e.Seq, e.Type, body, now, now + options.Webhooks.GiveUpAfter);
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Endpoints that something is due for now.</summary>
    public async Task<IReadOnlyList<Guid>> DueAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command(
            """
            SELECT w.id FROM orchestrator.webhooks w WHERE w.paused_at IS NULL AND (w.resting_until IS NULL OR w.resting_until <= $1)
            AND EXISTS (SELECT 1 FROM orchestrator.webhook_deliveries d WHERE d.webhook_id = w.id AND d.status = 'Pending' AND d.next_attempt_at <= $1)
            """,
            clock.GetUtcNow());
        return await ReadAsync(command, r => r.GetGuid(0), cancellationToken);
    }

    /// <summary>What is to be sent to an endpoint next; null if nothing is due, or it rests or is paused.</summary>
    public async Task<(WebhookTarget Target, WebhookDue Due)?> NextAsync(Guid webhook, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command(
            """
            SELECT w.id, w.url, array_remove(ARRAY[w.secret, CASE WHEN w.old_until > $2 THEN w.old_secret END, CASE WHEN w.kept_until > $2 THEN w.kept_secret END], NULL), w.failures, w.dead_in_a_row, d.id, d.type, d.body, d.attempts, d.give_up_at
            FROM orchestrator.webhooks w JOIN orchestrator.webhook_deliveries d ON d.webhook_id = w.id
            WHERE w.id = $1 AND w.paused_at IS NULL AND (w.resting_until IS NULL OR w.resting_until <= $2) AND d.status = 'Pending' AND d.next_attempt_at <= $2
            ORDER BY d.seq NULLS FIRST LIMIT 1
            """,
            webhook, clock.GetUtcNow());
        var found = await ReadAsync(
            command,
            r => (new WebhookTarget(r.GetGuid(0), r.GetString(1), r.GetFieldValue<string[]>(2), r.GetInt32(3), r.GetInt32(4)),
                new WebhookDue(r.GetGuid(5), r.GetString(6), r.GetString(7), r.GetInt32(8), r.Instant(9))),
            cancellationToken);
        return found.Count > 0 ? found[0] : null;
    }

    public async Task DeliveredAsync(WebhookTarget target, WebhookDue due, int status, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command(
            """
            WITH reset AS (UPDATE orchestrator.webhooks SET failures = 0, dead_in_a_row = 0, resting_until = NULL WHERE id = $1)
            UPDATE orchestrator.webhook_deliveries SET status = 'Delivered', attempts = attempts + 1, last_attempt_at = $3, delivered_at = $3, last_status = $4, last_error = NULL WHERE id = $2
            """,
            target.Id, due.Id, now, status);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Notes a failed attempt, and what follows from it.</summary>
    public async Task FailedAsync(WebhookTarget target, WebhookDue due, WebhookAnswer answer, WebhookVerdict verdict, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command(
            """
            WITH rests AS (
                UPDATE orchestrator.webhooks SET failures = failures + 1, resting_until = $7, dead_in_a_row = dead_in_a_row + CASE WHEN $6 THEN 1 ELSE 0 END,
                    paused_at = CASE WHEN $9 IS NULL THEN paused_at ELSE $3 END, paused_reason = coalesce($9, paused_reason)
                WHERE id = $1)
            UPDATE orchestrator.webhook_deliveries SET status = CASE WHEN $6 THEN 'Dead' ELSE 'Pending' END, attempts = attempts + 1, last_attempt_at = $3, last_status = $4, last_error = $5, next_attempt_at = $8
            WHERE id = $2
            """,
            target.Id, due.Id, now, Db.Int(answer.Status), Db.Text(answer.Error), verdict.Dead, now + verdict.Rest, now + verdict.Retry, Db.Text(verdict.PauseReason));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Forgets what was delivered long ago; returns how much that was.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command(
            "DELETE FROM orchestrator.webhook_deliveries WHERE status = 'Delivered' AND delivered_at < $1", clock.GetUtcNow() - options.Webhooks.KeepDelivered);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static async Task<List<T>> ReadAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    static WebhookView View(NpgsqlDataReader r) => new()
    {
        Id = r.GetGuid(0),
        Url = r.GetString(1),
        Types = r.GetFieldValue<string[]>(2),
        Vm = r.IsDBNull(3) ? null : r.GetGuid(3),
        Host = r.IsDBNull(4) ? null : r.GetGuid(4),
        Description = r.Text(5),
        Position = r.GetInt64(6),
        PausedAt = r.InstantOrNull(7),
        PausedReason = r.Text(8),
        CreatedBy = r.GetString(9),
        CreatedAt = r.Instant(10),
        UpdatedAt = r.Instant(11),
        Pending = r.GetInt64(12),
        Dead = r.GetInt64(13),
    };

    static WebhookDeliveryView Delivery(NpgsqlDataReader r)
    {
        var status = r.Enum<WebhookDeliveryStatus>(3);
        return new()
        {
            Id = r.GetGuid(0),
            Seq = r.IsDBNull(1) ? null : r.GetInt64(1),
            Type = r.GetString(2),
            Status = status,
            Attempts = r.GetInt32(4),
            CreatedAt = r.Instant(5),
            NextAttemptAt = status == WebhookDeliveryStatus.Pending ? r.Instant(6) : null,
            LastAttemptAt = r.InstantOrNull(7),
            LastStatus = r.IntOrNull(8),
            LastError = r.Text(9),
            DeliveredAt = r.InstantOrNull(10),
        };
    }

    static NpgsqlParameter TextArray(IReadOnlyList<string>? values) => new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text, Value = values?.ToArray() ?? (object)DBNull.Value };

    static NpgsqlParameter Boolean(bool? value) => new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Boolean, Value = value ?? (object)DBNull.Value };
}

/// <summary>What follows from a failed attempt.</summary>
/// <param name="Dead">The delivery is given up.</param>
/// <param name="Retry">When the delivery is tried again.</param>
/// <param name="Rest">How long the endpoint is left alone.</param>
/// <param name="PauseReason">Why the endpoint is paused; null if it is not.</param>
internal sealed record WebhookVerdict(bool Dead, TimeSpan Retry, TimeSpan Rest, string? PauseReason)
{
    const double Jitter = 0.2;

    /// <summary>Pauses double from failure to failure, of the delivery and of the endpoint, a fifth longer or shorter by chance.</summary>
    public static WebhookVerdict Of(WebhookTarget target, WebhookDue due, WebhookOptions options, DateTimeOffset now, double chance)
    {
        var retry = Pause(due.Attempts);
        var dead = now + retry > due.GiveUpAt;
        return new WebhookVerdict(
            dead,
            retry,
            Pause(target.Failures),
            dead && target.DeadInARow + 1 >= options.PauseAfterDead ? $"{target.DeadInARow + 1} deliveries in a row were given up." : null);

        TimeSpan Pause(int failures) => options.FirstRetry * Math.Min(Math.Pow(2, Math.Min(failures, 30)), options.LongestRetry / options.FirstRetry) * (1 - Jitter + (2 * Jitter * chance));
    }
}
