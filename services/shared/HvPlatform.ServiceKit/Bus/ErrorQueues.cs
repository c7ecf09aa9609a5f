using RabbitMQ.Client.Exceptions;

namespace HvPlatform.ServiceKit.Bus;

/// <summary>
/// The queues of messages that nobody could work on: the <c>_error</c> queue of each service's queue, and the dead-letter queue. Only their lengths: no message is
/// read. With the in-memory transport there are none.
/// </summary>
public sealed class ErrorQueues
{
    /// <summary>An error queue is made when it is needed. The broker complains in its log about each question for one that is not there, so those are asked for less often.</summary>
    const int RestOfTheAbsent = 10;

    /// <summary>How long the broker has for all of them. One that takes longer, or that nothing is heard of, does not answer.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    readonly RabbitTopology? topology;
    readonly TimeSpan patience;
    readonly Dictionary<string, int> absent = new(StringComparer.Ordinal);

    internal ErrorQueues(RabbitTopology? topology, TimeSpan? patience = null)
    {
        this.topology = topology;
        this.patience = patience ?? s_patience;
    }

    /// <summary>How many messages are in each of them, null for one that was not asked for this time; null as a whole if the broker does not answer now. One call at a time.</summary>
    public async Task<IReadOnlyList<(string Queue, long? Messages)>?> CountAsync(IReadOnlyList<string> queues, CancellationToken cancellationToken)
    {
        if (topology is null)
        {
            return [];
        }

        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(patience);
        try
        {
            var found = new List<(string, long?)>();
            foreach (var queue in queues.Select(q => $"{q}_error").Append(RabbitTopology.DeadLetter))
            {
                if (absent.GetValueOrDefault(queue) is > 0 and var left)
                {
                    absent[queue] = left - 1;
                    found.Add((queue, null));
                    continue;
                }

                var messages = await topology.CountAsync(queue, limited.Token);
                absent[queue] = messages is null ? RestOfTheAbsent : 0;
                found.Add((queue, messages ?? 0));
            }

            return found;
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException or TimeoutException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
