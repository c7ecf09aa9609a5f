namespace HvPlatform.HostAgent.Hosts;

/// <summary>Where the agent says things: answers, facts, progress. Commands come in through <see cref="HostAgent.TakeAsync"/>.</summary>
interface IAgentBus
{
    /// <summary>Returns when the broker has confirmed it. Without a message id the bus gives one.</summary>
    Task PublishAsync(object message, Guid key, Guid? messageId, CancellationToken cancellationToken);

    /// <summary>Publishes what may be lost: it is on no disk, and waits behind nothing.</summary>
    Task PublishTransientAsync(object message, CancellationToken cancellationToken);
}
