using HvPlatform.Contracts;
using HvPlatform.ServiceKit.Bus;

namespace HvPlatform.Telemetry.Alerts;

/// <summary>
/// Looks now and then at what is in the services' error queues, beside the review of the alerts: a broker that does not answer holds that up in nothing. Each look is
/// given out once, so of several processes none tells what another has seen to be over.
/// </summary>
internal sealed class QueueWatch(ErrorQueues queues, TelemetryOptions options, TimeProvider time, ILogger<QueueWatch> logger) : BackgroundService
{
    static readonly IReadOnlyList<string> s_services = [Queues.Orchestrator, Queues.MigrationSaga, Queues.Inventory, Queues.Telemetry, Queues.Samples];

    IReadOnlyList<QueueFacts>? seen;

    /// <summary>What was seen since the last call; null if nothing was: there was no look, or the broker did not answer.</summary>
    public IReadOnlyList<QueueFacts>? Take() => Interlocked.Exchange(ref seen, null);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.QueueInterval, time);
        do
        {
            try
            {
                var found = await queues.CountAsync(s_services, stoppingToken);
                Volatile.Write(ref seen, found?.Select(q => new QueueFacts(q.Queue, q.Messages)).ToList());
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.QueuesNotCounted(logger, options.QueueInterval, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
