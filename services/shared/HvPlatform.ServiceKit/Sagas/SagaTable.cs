using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;
using HvPlatform.Contracts;
using MassTransit;
using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.ServiceKit.Sagas;

/// <summary>Every statement on one saga's table.</summary>
internal sealed class SagaTable<TSaga>(string table) where TSaga : class, ISaga
{
    /// <summary>jsonb sorts the members, so a polymorphic member's discriminator need not come first.</summary>
    static readonly JsonSerializerOptions Json = new(HvJson.Options) { AllowOutOfOrderMetadataProperties = true };

    static readonly PropertyInfo? CurrentState = typeof(TSaga).GetProperty("CurrentState");

    public async Task<TSaga?> LoadAsync(NpgsqlConnection connection, Guid correlationId, bool forUpdate, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select data from {table} where correlation_id = $1{(forUpdate ? " for update" : "")}", connection)
        {
            Parameters = { Uuid(correlationId) },
        };
        return await command.ExecuteScalarAsync(cancellationToken) is string json ? Parse(json) : null;
    }

    /// <summary>The instances that a filter of equalities finds, in the order of their ids, so that two queries lock them in one order.</summary>
    public async Task<List<TSaga>> QueryAsync(
        NpgsqlConnection connection, Expression<Func<TSaga, bool>> filter, bool forUpdate, CancellationToken cancellationToken)
    {
        var where = SagaFilter.Translate(filter);
        await using var command = new NpgsqlCommand(
            $"select data from {table} where {where.Sql} order by correlation_id{(forUpdate ? " for update" : "")}", connection);
        command.Parameters.AddRange(where.Parameters.ToArray());
        var found = new List<TSaga>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(Parse(reader.GetString(0)));
        }

        return found;
    }

    /// <summary>For the commit's batch. If another delivery made the same saga meanwhile this fails there, and the retry finds that saga.</summary>
    public NpgsqlBatchCommand Insert(TSaga saga) => new(
        $"insert into {table} (correlation_id, current_state, data, version, updated_at) values ($1, $2, $3, 1, now())")
    {
        Parameters = { Uuid(saga.CorrelationId), State(saga), Data(saga) },
    };

    /// <summary>For the commit's batch. The row is locked since it was loaded.</summary>
    public NpgsqlBatchCommand Update(TSaga saga) => new(
        $"update {table} set current_state = $2, data = $3, version = version + 1, updated_at = now() where correlation_id = $1")
    {
        Parameters = { Uuid(saga.CorrelationId), State(saga), Data(saga) },
    };

    /// <summary>For the commit's batch.</summary>
    public NpgsqlBatchCommand Delete(Guid correlationId) => new($"delete from {table} where correlation_id = $1") { Parameters = { Uuid(correlationId) } };

    /// <summary>Inserts at once; false if the saga exists.</summary>
    public async Task<bool> TryInsertAsync(NpgsqlConnection connection, TSaga saga, CancellationToken cancellationToken)
    {
        var insert = Insert(saga);
        insert.CommandText += " on conflict do nothing";
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { insert } };
        return await batch.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    static TSaga Parse(string json) => JsonSerializer.Deserialize<TSaga>(json, Json) ?? throw new JsonException($"The row of a {typeof(TSaga).Name} is null.");

    static NpgsqlParameter Uuid(Guid value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Uuid };

    static NpgsqlParameter State(TSaga saga) => new() { Value = CurrentState?.GetValue(saga)?.ToString() ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    static NpgsqlParameter Data(TSaga saga) => new() { Value = JsonSerializer.Serialize(saga, Json), NpgsqlDbType = NpgsqlDbType.Jsonb };
}

/// <summary>The database a saga lives in, for reads outside a delivery.</summary>
internal sealed record SagaDatabase<TSaga>(ServiceDatabase Database) where TSaga : class, ISaga;
