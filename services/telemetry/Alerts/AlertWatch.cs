using Npgsql;

namespace HvPlatform.Telemetry.Alerts;

/// <summary>Runs <see cref="AlertBook.ReviewAsync"/> every few seconds. It looks at what is, not at what happened: nothing it missed stays missed.</summary>
internal sealed class AlertWatch(AlertBook book, TelemetryOptions options, TimeProvider time, ILogger<AlertWatch> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.AlertInterval, time);
        do
        {
            try
            {
                var (raised, cleared) = await book.ReviewAsync(stoppingToken);
                if (raised + cleared > 0)
                {
                    Log.AlertsChanged(logger, raised, cleared);
                }
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedColumn)
            {
                // The inventory has not made its schema yet: it may start after this process.
            }
            catch (NpgsqlException e)
            {
                Log.AlertsNotReviewed(logger, options.AlertInterval, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
