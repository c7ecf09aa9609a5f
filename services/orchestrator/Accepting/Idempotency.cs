using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Accepting;

/// <summary>
/// Makes a repeated request safe: the key's row is inserted by the transaction that accepts the request, so of two requests with one key the second waits for
/// the first to commit and then finds its answer. A refused request leaves no row: nothing was done, and the same key may ask again.
/// </summary>
internal static class Idempotency
{
    /// <summary>What makes two requests the same: method, path and body. The body's white space and member order do not count.</summary>
    public static byte[] Hash(string method, string path, object? body) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{method}\n{path}\n{(body is null ? "" : JsonSerializer.Serialize(body, HvJson.Options))}"));

    /// <summary>Claims the key. Returns the first request's answer if this one repeats it, null if it is the first.</summary>
    public static async Task<(T? Answer, Refusal? Refusal)> ClaimAsync<T>(
        HvTransaction tx, string caller, string key, byte[] hash, DateTimeOffset now, TimeSpan retention, CancellationToken cancellationToken)
        where T : class
    {
        var claimed = await tx.ExecuteAsync(
            """
            INSERT INTO orchestrator.idempotency_keys AS k (caller, key, request_hash, created_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (caller, key) DO UPDATE SET request_hash = $3, created_at = $4, operation_id = NULL, response = NULL WHERE k.created_at < $5
            """,
            [caller, key, hash, now, now - retention], cancellationToken);
        if (claimed == 1)
        {
            return (null, null);
        }

        await using var command = tx.Command("SELECT request_hash, operation_id, response FROM orchestrator.idempotency_keys WHERE caller = $1 AND key = $2", caller, key);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return hash.AsSpan().SequenceEqual(reader.GetFieldValue<byte[]>(0))
            ? (reader.Json<T>(2), null)
            : (null, Refusals.IdempotencyKeyReused(key, reader.IsDBNull(1) ? null : new OperationId(reader.GetGuid(1))));
    }

    /// <summary>Keeps the answer beside the key.</summary>
    public static Task KeepAsync<T>(HvTransaction tx, string caller, string key, OperationId? operation, T answer, CancellationToken cancellationToken) => tx.ExecuteAsync(
        "UPDATE orchestrator.idempotency_keys SET operation_id = $3, response = $4 WHERE caller = $1 AND key = $2",
        [caller, key, operation, Db.Jsonb(answer)], cancellationToken);
}
