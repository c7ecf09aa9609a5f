using HvPlatform.ServiceKit.Bus;
using MassTransit;

namespace HvPlatform.HostAgent.Hosts;

/// <summary>The bus of the platform.</summary>
sealed class AgentBus(IBus bus) : IAgentBus
{
    public Task PublishAsync(object message, Guid key, Guid? messageId, CancellationToken cancellationToken) =>
        bus.PublishKeyedAsync(message, message.GetType(), key, cancellationToken, messageId);

    public Task PublishTransientAsync(object message, CancellationToken cancellationToken) => bus.PublishTransientAsync(message, message.GetType(), cancellationToken);
}
