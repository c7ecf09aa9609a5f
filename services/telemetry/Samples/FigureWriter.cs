using HvPlatform.ServiceKit;
using HvPlatform.Telemetry.Facts;
using Npgsql;

namespace HvPlatform.Telemetry.Samples;

/// <summary>
/// Writes what has arrived, a batch at a time, and tells the readers (<c>NOTIFY hv_figures</c>). While one batch is written the next gathers, so that a large fleet makes
/// larger transactions, not more of them.
/// </summary>
internal sealed class FigureWriter(
    [FromKeyedServices(TelemetryModule.Schema)] ServiceDatabase database, FigureBuffer buffer, SampleUpkeep upkeep, PlatformMetrics metrics, TimeProvider time, ILogger<FigureWriter> logger) : BackgroundService
{
    const int MostAtOnce = 2000;
    static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    readonly VmResidences _residences = new(time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await upkeep.Ready.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            var (samples, progress) = await buffer.TakeAsync(MostAtOnce, stoppingToken);
            try
            {
                await FigureSql.WriteAsync(database.DataSource, samples, progress, _residences.Changed(samples), time.GetUtcNow(), stoppingToken);
                metrics.SamplesWritten(samples.Count);
            }
            catch (NpgsqlException e)
            {
                _residences.Forget(samples);
                metrics.SamplesDropped(samples.Count);
                Log.FiguresLost(logger, samples.Count + progress.Count, e);
            }

            await Task.Delay(s_pause, time, stoppingToken);
        }
    }
}
