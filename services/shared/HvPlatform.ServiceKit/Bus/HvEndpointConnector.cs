using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HvPlatform.ServiceKit.Bus;

/// <summary>Reads further queues while the process runs, as a host agent does once it knows which hosts it serves.</summary>
public interface IHvEndpointConnector
{
    /// <summary>
    /// Starts reading a queue that is not transactional and returns when it is ready. Disposing stops it: deliveries that run are finished first.
    /// </summary>
    Task<IAsyncDisposable> ConnectAsync(HvEndpoint endpoint, CancellationToken cancellationToken);
}

internal sealed class HvEndpointConnector(IReceiveEndpointConnector connector, IServiceProvider services, ILogger<HvEndpointConnector> logger) : IHvEndpointConnector
{
    public async Task<IAsyncDisposable> ConnectAsync(HvEndpoint endpoint, CancellationToken cancellationToken)
    {
        var readers = services.GetService<InMemoryReaders>();
        readers?.Connecting(endpoint.Queue);
        var handle = connector.ConnectReceiveEndpoint(endpoint.Queue, (context, e) =>
            EndpointConfiguration.Apply(e, endpoint with { Transactional = false }, context, null, logger));
        try
        {
            await handle.Ready.WaitAsync(cancellationToken);
            readers?.Connected(endpoint.Queue);
        }
        catch
        {
            await handle.StopAsync(CancellationToken.None);
            throw;
        }

        return new Connected(handle, () => readers?.Remove(endpoint.Queue));
    }

    sealed class Connected(HostReceiveEndpointHandle handle, Action stopped) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await handle.StopAsync(CancellationToken.None);
            stopped();
        }
    }
}

/// <summary>Messages of services without a database, whose own journal makes them durable.</summary>
public static class HvBusExtensions
{
    /// <summary>Publishes at once, in order per <paramref name="key"/> where the consumers are concerned. Returns when the broker has confirmed it.</summary>
    public static Task PublishKeyedAsync<T>(this IBus bus, T message, Guid key, CancellationToken cancellationToken, Guid? messageId = null) where T : class =>
        bus.Publish(message, Pipe.Execute<PublishContext<T>>(c => Stamp(c, key, messageId)), cancellationToken);

    /// <summary>The same for a message whose type is only known at run time.</summary>
    public static Task PublishKeyedAsync(this IBus bus, object message, Type type, Guid key, CancellationToken cancellationToken, Guid? messageId = null) =>
        bus.Publish(message, type, Pipe.Execute<PublishContext>(c => Stamp(c, key, messageId)), cancellationToken);

    /// <summary>Publishes at once what may be lost: the broker keeps it in memory only.</summary>
    public static Task PublishTransientAsync(this IBus bus, object message, Type type, CancellationToken cancellationToken) =>
        bus.Publish(message, type, Pipe.Execute<PublishContext>(c => c.Durable = false), cancellationToken);

    static void Stamp(SendContext context, Guid key, Guid? messageId)
    {
        context.Headers.Set(HvHeaders.Key, key.ToString("D"));
        if (messageId is { } id)
        {
            context.MessageId = id;
        }
    }
}
