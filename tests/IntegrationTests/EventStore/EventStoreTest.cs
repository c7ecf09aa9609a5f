using HvPlatform.Events;
using HvPlatform.TestKit;
using Npgsql;
using Xunit;

// Not ….EventStore: that namespace would hide the class from all tests beside it.
namespace HvPlatform.IntegrationTests.Events;

/// <summary>An event store in a schema of its own in a fresh database, as a service has it.</summary>
public abstract class EventStoreTest : IAsyncLifetime
{
    protected static EventTypes Types { get; } = new EventTypes().Add<VmDiscovered>().Add<VmRenamed>().Add<Note>();

    protected NpgsqlDataSource Source { get; private set; } = null!;

    protected EventStore Store { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var server = await PostgresServer.SharedAsync();
        Source = await CreateSourceAsync(await server.CreateDatabaseAsync());
        Store = new EventStore(Source, Types);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Source.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal static async Task<NpgsqlDataSource> CreateSourceAsync(string connectionString)
    {
        await using (var bare = NpgsqlDataSource.Create(connectionString))
        {
            await using var create = bare.CreateCommand("CREATE SCHEMA inventory");
            await create.ExecuteNonQueryAsync();
        }

        var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = "inventory" }.ConnectionString);
        await EventStoreSchema.ApplyAsync(source);
        return source;
    }

    protected static StreamAppend Append(Guid stream, long? expected, params object[] events) =>
        new() { StreamId = stream, StreamType = "vm", ExpectedVersion = expected, Events = [.. events.Select(e => e as NewEvent ?? new NewEvent(e))] };

    protected async Task<List<StoredEvent>> ReadAsync(Guid stream, long? toVersion = null, DateTimeOffset? asOf = null, long fromVersion = 1)
    {
        var events = new List<StoredEvent>();
        await foreach (var e in Store.ReadStreamAsync(stream, toVersion, asOf, fromVersion))
        {
            events.Add(e);
        }

        return events;
    }

    protected async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    protected async Task<List<string>> LinesAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(0));
        }

        return lines;
    }

    /// <summary>A transaction of somebody else's that has run an append and not ended yet.</summary>
    protected async Task<(NpgsqlConnection Connection, NpgsqlTransaction Transaction)> AppendAndStayOpenAsync(params StreamAppend[] appends)
    {
        var connection = await Source.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch(connection, transaction) { BatchCommands = { Store.CreateAppendCommand(appends) } };
        await batch.ExecuteNonQueryAsync();
        return (connection, transaction);
    }

    protected Task UntilSomeoneWaitsForTheAppendLockAsync() => Eventually.Until(
        async () => await ScalarAsync<long>("""
            SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """) > 0,
        "someone waits for the append lock");
}

public sealed record VmDiscovered(string Name, int VCpus);

public sealed record VmRenamed(string NewName);

public sealed record Note(string Text);
