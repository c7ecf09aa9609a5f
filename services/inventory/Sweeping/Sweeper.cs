namespace HvPlatform.Inventory.Sweeping;

/// <summary>Runs <see cref="Sweep"/> every few seconds.</summary>
internal sealed class Sweeper(Sweep sweep, InventoryOptions options, TimeProvider time, ILogger<Sweeper> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.SweepInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await sweep.DeleteMissingAsync(stoppingToken);
                await sweep.MarkSilentAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.SweepFailed(logger, options.SweepInterval, e);
            }
        }
    }
}
