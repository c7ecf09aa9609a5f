namespace HvPlatform.Inventory.Rebuilding;

/// <summary>Rebuilds the read models when the service starts (deliveries wait meanwhile), if <see cref="InventoryOptions.RebuildAtStart"/> says so.</summary>
internal sealed class RebuildAtStart(ReadModelRebuild rebuild, InventoryOptions options) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => options.RebuildAtStart ? rebuild.RunAsync(cancellationToken) : Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
