using HvPlatform.Cli.LocalServers;
using Npgsql;

namespace HvPlatform.TestKit;

/// <summary>
/// A real PostgreSQL for tests: <c>HV_TEST_POSTGRES</c> (a connection string with the right to create databases) if set, else a child process from the
/// distribution's package, else a container. <c>HV_TEST_FSYNC=off</c> makes the child process's commits faster and not durable.
/// </summary>
public sealed class PostgresServer
{
    static readonly Lazy<Task<PostgresServer>> s_shared = new(StartAsync);
    readonly string _connectionString;
    readonly LocalPostgres? _local;
    readonly DockerContainer? _container;

    PostgresServer(string connectionString, LocalPostgres? local, DockerContainer? container)
    {
        (_connectionString, _local, _container) = (connectionString, local, container);
    }

    /// <summary>The server of this test process, started at first use and stopped at exit.</summary>
    public static Task<PostgresServer> SharedAsync() => s_shared.Value;

    /// <summary>A server of the test's own, for a test that stops or kills it. Not with <c>HV_TEST_POSTGRES</c>: that server is not ours to stop.</summary>
    public static async Task<PostgresServer> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("HV_TEST_POSTGRES") is { Length: > 0 } given)
        {
            return new(given, null, null);
        }

        if (LocalPostgres.FindBin() is not null)
        {
            var directory = await TemporaryDirectory.CreateAsync("hv-test-postgres-", "postgres");
            var local = await LocalPostgres.StartThrowawayAsync(directory, Environment.GetEnvironmentVariable("HV_TEST_FSYNC") != "off");
            return new(local.ConnectionString("postgres"), local, null);
        }

        if (await DockerContainer.EngineAnswersAsync())
        {
            var container = await DockerContainer.StartAsync("postgres:15", 5432, "POSTGRES_HOST_AUTH_METHOD=trust");
            var server = new PostgresServer($"Host=127.0.0.1;Port={container.Port};Username=postgres;Database=postgres", null, container);
            await Eventually.Until(server.AnswersAsync, "the PostgreSQL container answers", 60);
            return server;
        }

        throw new InvalidOperationException(
            "These tests need a real PostgreSQL, and there is neither the package (15 or newer), nor a Docker engine, nor HV_TEST_POSTGRES. Run: apt-get install -y --no-install-recommends postgresql");
    }

    /// <summary>A fresh, empty database; returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"t_{Guid.CreateVersion7():n}";
        await LocalPostgres.CreateDatabaseAsync(_connectionString, name);
        return new NpgsqlConnectionStringBuilder(_connectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Stops the server in good order (fast shutdown); connections break.</summary>
    public Task StopAsync() => _local?.StopAsync() ?? Container.StopAsync();

    /// <summary><c>kill -9</c> of the server.</summary>
    public Task KillAsync() => _local?.Child.KillAsync() ?? Container.KillAsync();

    /// <summary>Starts a stopped or killed server again, on the same port over the same data.</summary>
    public async Task StartAgainAsync()
    {
        if (_local is not null)
        {
            await _local.StartAsync();
            return;
        }

        await Container.StartAgainAsync();
        await Eventually.Until(AnswersAsync, "the PostgreSQL container answers again", 60);
    }

    DockerContainer Container => _container ?? throw new InvalidOperationException("HV_TEST_POSTGRES names a server that is not ours to stop or start.");

    async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_connectionString) { Pooling = false, Timeout = 5 }.ConnectionString);
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
