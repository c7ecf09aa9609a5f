using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.Orchestrator.Accepting;

/// <summary>Forgets idempotency keys past their retention, once an hour. Any number of processes may do it.</summary>
internal sealed class IdempotencyCleanUp(
    [FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, TimeProvider clock, ILogger<IdempotencyCleanUp> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var forgotten = await ForgetAsync(stoppingToken);
                if (forgotten > 0)
                {
                    Log.ForgotKeys(log, forgotten);
                }
            }
            catch (NpgsqlException e)
            {
                Log.CleanUpFailed(log, e);
            }
        }
    }

    /// <summary>Forgets what is too old now; returns how many keys that were.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command(
            "DELETE FROM orchestrator.idempotency_keys WHERE created_at < $1", clock.GetUtcNow() - options.IdempotencyRetention);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
