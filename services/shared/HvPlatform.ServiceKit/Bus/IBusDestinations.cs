using MassTransit;

namespace HvPlatform.ServiceKit.Bus;

/// <summary>Where commands go: a queue that exists, whether or not its reader is running, so that what is sent to it waits there.</summary>
internal interface IBusDestinations
{
    /// <summary>The endpoint of a queue, declared before the first use.</summary>
    ValueTask<ISendEndpoint> GetAsync(string queue, CancellationToken cancellationToken);

    /// <summary>Declares the queue again at the next use.</summary>
    void Forget(string queue);
}

/// <summary>Queues of the in-memory transport.</summary>
internal sealed class InMemoryDestinations(IBus bus) : IBusDestinations
{
    public async ValueTask<ISendEndpoint> GetAsync(string queue, CancellationToken cancellationToken) => await bus.GetSendEndpoint(new Uri($"queue:{queue}"));

    public void Forget(string queue)
    {
    }
}

/// <summary>Queues of RabbitMQ.</summary>
internal sealed class RabbitDestinations(IBus bus, RabbitTopology topology) : IBusDestinations
{
    public async ValueTask<ISendEndpoint> GetAsync(string queue, CancellationToken cancellationToken)
    {
        await topology.EnsureQueueAsync(queue, cancellationToken);
        return await bus.GetSendEndpoint(new Uri($"exchange:{queue}"));
    }

    public void Forget(string queue) => topology.Forget(queue);
}
