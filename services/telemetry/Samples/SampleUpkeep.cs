using HvPlatform.ServiceKit;
using Npgsql;
using NpgsqlTypes;

namespace HvPlatform.Telemetry.Samples;

/// <summary>Makes partitions before they are needed, drops those that are over, and rolls samples up. Of several processes one does it at a time.</summary>
internal sealed class SampleUpkeep(
    [FromKeyedServices(TelemetryModule.Schema)] ServiceDatabase database, TelemetryOptions options, TimeProvider time, ILogger<SampleUpkeep> logger) : BackgroundService
{
    static readonly TimeSpan s_interval = TimeSpan.FromSeconds(30);

    /// <summary>How long late samples are waited for before their minute is rolled up.</summary>
    static readonly TimeSpan s_late = TimeSpan.FromSeconds(90);

    static readonly TimeSpan s_keepAlerts = TimeSpan.FromDays(90);

    readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when there are partitions to write to.</summary>
    public Task Ready => _ready.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(time.GetUtcNow(), stoppingToken);
                _ready.TrySetResult();
            }
            catch (NpgsqlException e)
            {
                Log.UpkeepFailed(logger, s_interval, e);
            }

            await Task.Delay(s_interval, time, stoppingToken);
        }
    }

    /// <summary>Everything that is due at this instant. Rolled up before it is dropped.</summary>
    public async Task RunAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        Add("SELECT pg_advisory_xact_lock(hashtextextended('hv-telemetry-upkeep', 0))");
        Add("SELECT roll_up('samples', $1)", (NpgsqlDbType.TimestampTz, (now - s_late).UtcDateTime));
        Add("SELECT roll_up('samples_1m', $1)", (NpgsqlDbType.TimestampTz, (now - s_late - TimeSpan.FromMinutes(1)).UtcDateTime));
        Keep("samples", TimeSpan.FromMinutes(15), options.KeepSamples);
        Keep("samples_1m", TimeSpan.FromHours(6), options.KeepMinutes);
        Keep("samples_15m", TimeSpan.FromDays(1), options.KeepQuarters);
        Keep("migration_points", TimeSpan.FromDays(1), options.KeepQuarters);
        Add("DELETE FROM vm_hosts WHERE last_at < $1", (NpgsqlDbType.TimestampTz, (now - options.KeepQuarters - TimeSpan.FromDays(1)).UtcDateTime));
        Add("DELETE FROM alerts WHERE cleared_at < $1", (NpgsqlDbType.TimestampTz, (now - s_keepAlerts).UtcDateTime));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);

        void Keep(string table, TimeSpan width, TimeSpan keep) => Add(
            "SELECT keep_partitions($1, $2, $3, $4)",
            (NpgsqlDbType.Text, table), (NpgsqlDbType.Interval, width), (NpgsqlDbType.Interval, keep), (NpgsqlDbType.TimestampTz, now.UtcDateTime));

        void Add(string sql, params (NpgsqlDbType Type, object Value)[] parameters)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var (type, value) in parameters)
            {
                command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value });
            }

            batch.BatchCommands.Add(command);
        }
    }
}
