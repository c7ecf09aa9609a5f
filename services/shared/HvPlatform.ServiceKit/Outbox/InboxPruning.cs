using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HvPlatform.ServiceKit.Outbox;

/// <summary>
/// Forgets message ids after the retention (<c>Hv:InboxRetentionHours</c>, 24 hours): far longer than any second delivery can take,
/// which is a redelivery by the broker (30 minutes at most) or the relay sending again after a crash.
/// </summary>
internal sealed class InboxPruning(ServiceDatabase database, HvSettings settings, TimeProvider time, ILogger<InboxPruning> logger) : BackgroundService
{
    const int ChunkRows = 5000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await PruneAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    async Task PruneAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
            while (await OutboxSql.PruneInboxAsync(connection, settings.InboxRetention, ChunkRows, cancellationToken) == ChunkRows)
            {
            }
        }
        catch (NpgsqlException e)
        {
            Log.InboxPruningFailed(logger, e, database.Schema);
        }
    }
}
