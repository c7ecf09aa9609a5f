using Npgsql;

namespace HvPlatform.Telemetry.Alerts;

/// <summary>Runs <see cref="AlertBook.ReviewAsync"/> every few seconds. It looks at what is, not at what happened: nothing it missed stays missed.</summary>
internal sealed class AlertWatch(AlertBook book, TelemetryOptions options, TimeProvider time, ILogger<AlertWatch> logger) : BackgroundService
{
    /// <summary>How long another service may take to make its tables, which it does when it starts, before somebody is told.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    long? missingSince;
    bool told;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.AlertInterval, time);
        do
        {
            try
            {
                if (await book.ReviewAsync(stoppingToken) is var (raised, cleared, missing))
                {
                    if (raised + cleared > 0)
                    {
                        Log.AlertsChanged(logger, raised, cleared);
                    }

                    Note(missing);
                }
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedColumn)
            {
                Note(e.MessageText);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.AlertsNotReviewed(logger, options.AlertInterval, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>The inventory and the orchestrator may start after this process, and then their tables and views come after it too. If that lasts, it is told once.</summary>
    void Note(string? missing)
    {
        if (missing is null)
        {
            (missingSince, told) = (null, false);
            return;
        }

        missingSince ??= time.GetTimestamp();
        if (!told && time.GetElapsedTime(missingSince.Value) >= s_patience)
        {
            told = true;
            Log.AlertsIncomplete(logger, missing);
        }
    }
}
