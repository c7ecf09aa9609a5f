using System.Runtime.CompilerServices;
using MassTransit;
using MassTransit.RabbitMqTransport;

namespace HvPlatform.ServiceKit.Bus;

/// <summary>
/// RabbitMQ numbers the deliveries of a channel from 1. Several are taken off the wire at a time and race to the consumer; here each waits until all with
/// lower numbers have come by, so that <see cref="KeyedGate"/> sees them in the order of the queue. A wait lasts microseconds; it is bounded, because at a
/// stop a delivery may be dropped before it comes here.
/// </summary>
internal sealed class ArrivalOrder : IReceiveObserver
{
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);
    readonly ConditionalWeakTable<object, ChannelOrder> channels = [];

    public async Task PassAsync(ReceiveContext context)
    {
        if (Find(context) is not var (channel, tag))
        {
            return;
        }

        if (channel.Turn(tag) is { IsCompleted: false } turn)
        {
            await Task.WhenAny(turn, Task.Delay(LongestWait, context.CancellationToken));
        }
    }

    /// <summary>After the delivery passed the gate's entry, or ended without coming there.</summary>
    public void Passed(ReceiveContext context)
    {
        if (Find(context) is var (channel, tag))
        {
            channel.Passed(tag);
        }
    }

    public Task PreReceive(ReceiveContext context) => Task.CompletedTask;

    public Task PostReceive(ReceiveContext context)
    {
        Passed(context);
        return Task.CompletedTask;
    }

    public Task ReceiveFault(ReceiveContext context, Exception exception)
    {
        Passed(context);
        return Task.CompletedTask;
    }

    public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType) where T : class => Task.CompletedTask;

    public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception) where T : class => Task.CompletedTask;

    (ChannelOrder Channel, ulong Tag)? Find(ReceiveContext context) =>
        context is RabbitMqBasicConsumeContext delivery && context.TryGetPayload(out ChannelContext? channel)
            ? (channels.GetValue(channel.Channel, _ => new()), delivery.DeliveryTag)
            : null;

    internal sealed class ChannelOrder
    {
        readonly HashSet<ulong> passedEarly = [];
        readonly Dictionary<ulong, TaskCompletionSource> waiting = [];
        ulong next = 1;

        /// <summary>Completes when all deliveries with lower numbers have passed.</summary>
        public Task Turn(ulong tag)
        {
            lock (passedEarly)
            {
                if (tag <= next)
                {
                    return Task.CompletedTask;
                }

                var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting[tag] = source;
                return source.Task;
            }
        }

        public void Passed(ulong tag)
        {
            TaskCompletionSource? turn;
            lock (passedEarly)
            {
                if (tag < next)
                {
                    return;
                }

                passedEarly.Add(tag);
                while (passedEarly.Remove(next))
                {
                    next++;
                }

                waiting.Remove(next, out turn);
            }

            turn?.SetResult();
        }
    }
}
