using System.Net.Sockets;
using HvPlatform.ServiceKit.Bus;
using HvPlatform.ServiceKit.Database;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HvPlatform.ServiceKit;

/// <summary>Before anything else starts: the database answers and its schemas are up to date, the broker answers.</summary>
internal sealed class StartupCheck(IServiceProvider services, IReadOnlyList<HvModule> modules, HvSettings settings, ILogger<StartupCheck> logger) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var module in modules.Where(m => m.Schema is not null).DistinctBy(m => m.Schema))
        {
            await MigrateAsync(module, cancellationToken);
        }

        if (services.GetService<RabbitTopology>() is { } topology)
        {
            await topology.StartAsync(settings.BusName, cancellationToken);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    async Task MigrateAsync(HvModule module, CancellationToken cancellationToken)
    {
        var where = settings.ConnectionString(module.Schema) is var c ? $"{c.Host}:{c.Port}, database {c.Database ?? c.Username}, user {c.Username}" : "";
        try
        {
            await SchemaMigrator.MigrateAsync(
                services.GetRequiredKeyedService<NpgsqlDataSource>(module.Schema), module.Schema!, module.SqlAssembly, logger, cancellationToken);
        }
        catch (PostgresException e)
        {
            throw new HvStartupException("PostgreSQL refused", where, $"{e.SqlState}: {e.MessageText}.", e.SqlState switch
            {
                PostgresErrorCodes.InvalidCatalogName => "Create the database, or correct it in Hv:Database.",
                PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => "Correct user and password in Hv:Database.",
                PostgresErrorCodes.InsufficientPrivilege => "Grant the user CREATE on the database: each service makes its schema.",
                _ => "Correct Hv:Database or the server.",
            }, e);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
        {
            throw new HvStartupException("PostgreSQL cannot be reached", where, $"{e.GetBaseException().Message.TrimEnd('.')}.",
                "Check that it runs and that host and port in Hv:Database are right.", e);
        }
    }
}
