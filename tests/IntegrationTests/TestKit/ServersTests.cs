using System.Net.Sockets;
using HvPlatform.TestKit;
using Npgsql;
using RabbitMQ.Client;
using Xunit;

namespace HvPlatform.IntegrationTests.TestKit;

public sealed class PostgresServerTests
{
    [Fact]
    public async Task Every_database_is_fresh_and_usable()
    {
        var server = await PostgresServer.SharedAsync();
        var one = await server.CreateDatabaseAsync();
        var two = await server.CreateDatabaseAsync();
        Assert.NotEqual(one, two);
        await ExecuteAsync(one, "create table t (id int)");
        await ExecuteAsync(two, "create table t (id int)");
    }

    [Fact]
    public async Task A_killed_server_started_again_still_has_what_was_committed()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("HV_TEST_POSTGRES") is { Length: > 0 }, "HV_TEST_POSTGRES names a server that is not ours to kill.");
        var server = await PostgresServer.StartAsync();
        var database = await server.CreateDatabaseAsync();
        await ExecuteAsync(database, "create table t as select 7 as id");
        await server.KillAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ExecuteAsync(database, "select 1"));
        await server.StartAgainAsync();
        Assert.Equal(7, await ExecuteAsync(database, "select id from t"));
        await server.StopAsync();
    }

    static async Task<object?> ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}

public sealed class RabbitServerTests
{
    [Fact]
    public async Task Every_virtual_host_is_fresh_and_usable()
    {
        var server = await RabbitServer.SharedAsync();
        var one = await server.CreateVirtualHostAsync();
        var two = await server.CreateVirtualHostAsync();
        Assert.NotEqual(one, two);
        await DeclareAsync(one, "q");
        Assert.Contains("q", await server.ControlAsync("list_queues", "-p", one.AbsolutePath.Trim('/'), "name"), StringComparison.Ordinal);
        Assert.DoesNotContain("q", await server.ControlAsync("list_queues", "-p", two.AbsolutePath.Trim('/'), "name"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_broker_started_again_still_has_its_durable_queues()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("HV_TEST_RABBITMQ") is { Length: > 0 }, "HV_TEST_RABBITMQ names a broker that is not ours to kill.");
        var server = await RabbitServer.StartAsync();
        var uri = await server.CreateVirtualHostAsync();
        await DeclareAsync(uri, "kept");
        await server.KillAsync();
        using (var probe = new TcpClient())
        {
            await Assert.ThrowsAnyAsync<SocketException>(() => probe.ConnectAsync(uri.Host, uri.Port));
        }

        await server.StartAgainAsync();
        Assert.Contains("kept", await server.ControlAsync("list_queues", "-p", uri.AbsolutePath.Trim('/'), "name"), StringComparison.Ordinal);
        await server.StopAsync();
    }

    static async Task DeclareAsync(Uri uri, string queue)
    {
        await using var connection = await new ConnectionFactory { Uri = uri }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments: new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
    }
}
