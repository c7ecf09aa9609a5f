using MassTransit;

namespace HvPlatform.ServiceKit.Bus;

/// <summary>What differs between the transports when the outbox is sent.</summary>
internal interface IBusTransport
{
    /// <summary>The endpoint of a queue, declared before the first use whether or not its reader is running: what is sent to it waits there.</summary>
    ValueTask<ISendEndpoint> GetQueueAsync(string queue, CancellationToken cancellationToken);

    /// <summary>Declares the queue again at the next use.</summary>
    void Forget(string queue);

    /// <summary>Begins to wait for what makes a message safe beyond the confirm of the send itself. <paramref name="queue"/> is null for a published message.</summary>
    Confirmation Confirm(Guid messageId, string? queue, Type type);
}

/// <summary>Completes when a message is safe. Disposing stops waiting.</summary>
internal sealed record Confirmation(Task Completed, Action? Stop = null) : IDisposable
{
    public static Confirmation None { get; } = new(Task.CompletedTask);

    public void Dispose() => Stop?.Invoke();
}

/// <summary>RabbitMQ: a confirmed message is on the disks of a majority of the queue's replicas.</summary>
internal sealed class RabbitTransport(IBus bus, RabbitTopology topology) : IBusTransport
{
    public async ValueTask<ISendEndpoint> GetQueueAsync(string queue, CancellationToken cancellationToken)
    {
        await topology.EnsureQueueAsync(queue, cancellationToken);
        return await bus.GetSendEndpoint(new Uri($"exchange:{queue}"));
    }

    public void Forget(string queue) => topology.Forget(queue);

    public Confirmation Confirm(Guid messageId, string? queue, Type type) => Confirmation.None;
}
