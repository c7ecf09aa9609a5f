using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.MigrationSaga.ExportVm;
using HvPlatform.MigrationSaga.ImportVm;
using HvPlatform.MigrationSaga.Record;
using HvPlatform.ServiceKit;
using Npgsql;

namespace HvPlatform.MigrationSaga;

/// <summary>
/// Looks after the sagas' rows: arms timers that were lost (parked in the outbox, or moved to the error queue by a person or a defect), so that no
/// migration waits for ever, and forgets migrations that ended long ago. Any number of processes may run it: rows in work elsewhere are skipped.
/// </summary>
sealed class Upkeep([FromKeyedServices(MigrationSagaModule.Schema)] ServiceDatabase database, MigrationSagaOptions options, TimeProvider time, ILogger<Upkeep> log) : BackgroundService
{
    const int Chunk = 200;
    static readonly TimeSpan PruneEvery = TimeSpan.FromHours(1);

    static readonly Saga[] s_sagas =
    [
        new("sagas_migrate_vm", "migration", (operation, timer) => new MigrationTimerElapsed { OperationId = operation, Timer = timer }),
        new("sagas_export_vm", "job", ExportProcedure.Instance.Timer),
        new("sagas_import_vm", "job", ImportProcedure.Instance.Timer),
    ];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var every = TimeSpan.FromSeconds(options.SweepSeconds);
        using var timer = new PeriodicTimer(every, time);
        var pruned = time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await RearmAsync(stoppingToken);
                    if (time.GetElapsedTime(pruned) >= PruneEvery)
                    {
                        pruned = time.GetTimestamp();
                        await PruneAsync(stoppingToken);
                    }
                }
                catch (NpgsqlException e)
                {
                    Log.UpkeepFailed(log, e, every.TotalSeconds);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>Sends the timer of every open migration whose due time is long past. One that is only late comes twice; the second is ignored.</summary>
    public async Task RearmAsync(CancellationToken cancellationToken)
    {
        foreach (var saga in s_sagas)
        {
            await RearmAsync(saga, cancellationToken);
        }
    }

    async Task RearmAsync(Saga saga, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(cancellationToken);
        var now = time.GetUtcNow();
        var lost = new List<(OperationId Operation, long Timer)>();
        await using (var command = new NpgsqlCommand(
            $$"""
            select correlation_id, (data #>> '{{{saga.Member}},timer}')::bigint
            from {{saga.Table}}
            where current_state not in ('Completed', 'RolledBack', 'Failed', 'Requested') and coalesce((data #>> '{{{saga.Member}},timerDueAt}')::timestamptz, updated_at) < $1
            order by updated_at limit $2 for update skip locked
            """,
            transaction.Connection,
            transaction.Transaction)
        {
            Parameters = { new() { Value = (now - TimeSpan.FromSeconds(options.TimerLostAfterSeconds)).UtcDateTime }, new() { Value = Chunk } },
        })
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                lost.Add((new OperationId(reader.GetGuid(0)), reader.GetInt64(1)));
            }
        }

        foreach (var (operation, timer) in lost)
        {
            transaction.SendAt(Queues.MigrationSaga, saga.Timer(operation, timer), operation.Value, now, operation.Value);
        }

        await transaction.CommitAsync(cancellationToken);
        if (lost.Count > 0)
        {
            MigrationMetrics.Rearmed(lost.Count);
            Log.TimersRearmed(log, lost.Count, string.Join(", ", lost.Take(10).Select(l => l.Operation)));
        }
    }

    /// <summary>Forgets what ended before the retention; returns how many migrations.</summary>
    public async Task<int> PruneAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - TimeSpan.FromDays(options.RetentionDays);
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        var total = 0;
        foreach (var saga in s_sagas)
        {
            int pruned;
            do
            {
                total += pruned = await MigrationRecords.PruneAsync(connection, saga.Table, before, Chunk, cancellationToken);
            }
            while (pruned == Chunk);
        }

        if (total > 0)
        {
            Log.Pruned(log, total);
        }

        return total;
    }

    /// <summary>One kind of saga: its table, the member of its row that holds the state, and what its timer says.</summary>
    sealed record Saga(string Table, string Member, Func<OperationId, long, object> Timer);
}
