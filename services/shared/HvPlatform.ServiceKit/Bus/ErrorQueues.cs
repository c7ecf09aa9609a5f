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

    readonly RabbitTopology? topology;
    readonly Dictionary<string, int> absent = new(StringComparer.Ordinal);

    internal ErrorQueues(RabbitTopology? topology) => this.topology = topology;

    /// <summary>Those of these queues that are not empty; null if the broker does not answer now. One call at a time.</summary>
    public async Task<IReadOnlyList<(string Queue, long Messages)>?> CountAsync(IReadOnlyList<string> queues, CancellationToken cancellationToken)
    {
        if (topology is null)
        {
            return [];
        }

        try
        {
            var found = new List<(string, long)>();
            foreach (var queue in queues.Select(q => $"{q}_error").Append(RabbitTopology.DeadLetter))
            {
                if (absent.GetValueOrDefault(queue) is > 0 and var left)
                {
                    absent[queue] = left - 1;
                    continue;
                }

                var messages = await topology.CountAsync(queue, cancellationToken);
                absent[queue] = messages is null ? RestOfTheAbsent : 0;
                if (messages > 0)
                {
                    found.Add((queue, messages.Value));
                }
            }

            return found;
        }
        catch (Exception e) when (e is BrokerUnreachableException or AlreadyClosedException or OperationInterruptedException or IOException)
        {
            return null;
        }
    }
}
