using HvPlatform.Contracts;
using HvPlatform.ServiceKit.Bus;

namespace HvPlatform.Telemetry.Alerts;

/// <summary>What is in the services' error queues, looked at now and then. While the broker does not answer, what was seen last holds.</summary>
internal sealed class QueueWatch(ErrorQueues queues, TelemetryOptions options, TimeProvider time)
{
    static readonly IReadOnlyList<string> s_services = [Queues.Orchestrator, Queues.MigrationSaga, Queues.Inventory, Queues.Telemetry, Queues.Samples];

    IReadOnlyList<QueueFacts> seen = [];
    long? lookedAt;

    /// <summary>Those that are not empty.</summary>
    public async Task<IReadOnlyList<QueueFacts>> LookAsync(CancellationToken cancellationToken)
    {
        if (lookedAt is { } at && time.GetElapsedTime(at) < options.QueueInterval)
        {
            return seen;
        }

        lookedAt = time.GetTimestamp();
        if (await queues.CountAsync(s_services, cancellationToken) is { } found)
        {
            seen = [.. found.Select(q => new QueueFacts(q.Queue, q.Messages))];
        }

        return seen;
    }
}
