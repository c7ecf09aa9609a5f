using HvPlatform.Contracts;
using HvPlatform.ServiceKit.Bus;
using MassTransit;

namespace HvPlatform.HostAgent.Hosts;

/// <summary>The bus of the platform. What is not in <see cref="AgentMessages.Published"/> a joined agent may not publish, so no agent does.</summary>
sealed class AgentBus(IBus bus) : IAgentBus
{
    static readonly HashSet<Type> s_published = [.. AgentMessages.Published];

    public Task PublishAsync(object message, Guid key, Guid? messageId, CancellationToken cancellationToken) =>
        bus.PublishKeyedAsync(message, Checked(message), key, cancellationToken, messageId);

    public Task PublishTransientAsync(object message, CancellationToken cancellationToken) => bus.PublishTransientAsync(message, Checked(message), cancellationToken);

    static Type Checked(object message) => s_published.Contains(message.GetType())
        ? message.GetType()
        : throw new InvalidOperationException($"{message.GetType().Name} is missing in {nameof(AgentMessages)}.{nameof(AgentMessages.Published)}.");
}
