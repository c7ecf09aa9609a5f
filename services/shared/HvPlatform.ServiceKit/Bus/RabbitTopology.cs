using System.Collections.Concurrent;
using HvPlatform.Contracts;
using HvPlatform.ServiceKit.Tls;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace HvPlatform.ServiceKit.Bus;

/// <summary>
/// What the kit declares on RabbitMQ itself: the dead-letter exchange and queue, and the queues that commands are sent to. A queue is declared the same way
/// by its sender and by its reader (MassTransit), so it does not matter who comes first. And the exchanges that joined agents publish to, who have no right to
/// make them. Also the check at start-up that the broker answers.
/// </summary>
internal sealed class RabbitTopology(Uri broker, BusTls tls) : IAsyncDisposable
{
    /// <summary>Exchange and queue of messages that RabbitMQ itself gave up: delivered <see cref="DeliveryLimit"/> times without an answer.</summary>
    public const string DeadLetter = "hv.dead-letter";

    /// <summary>How often RabbitMQ delivers a message whose reader dies each time.</summary>
    public const int DeliveryLimit = 20;

    readonly ConcurrentDictionary<string, bool> declared = [];
    readonly SemaphoreSlim gate = new(1);
    IConnection? connection;

    /// <summary>The arguments of every queue.</summary>
    public static Dictionary<string, object?> QueueArguments { get; } = new()
    {
        ["x-queue-type"] = "quorum",
        ["x-delivery-limit"] = DeliveryLimit,
        ["x-dead-letter-exchange"] = DeadLetter,
    };

    /// <summary>The arguments of a queue of losable messages: a classic one, whose oldest messages make room.</summary>
    public static Dictionary<string, object?> LimitedQueueArguments(QueueLimits limits) => new()
    {
        ["x-queue-type"] = "classic",
        ["x-max-length"] = limits.Messages,
        ["x-message-ttl"] = (int)limits.Age.TotalMilliseconds,
        ["x-overflow"] = "drop-head",
    };

    /// <summary>Connects and declares the dead-letter exchange; a broker that cannot be used is a clear start-up error.</summary>
    public async Task StartAsync(string busName, CancellationToken cancellationToken)
    {
        try
        {
            await gate.WaitAsync(cancellationToken);
            try
            {
                await using var channel = await OpenChannelAsync(cancellationToken);
                if (!tls.AsAgent)
                {
                    await DeclareAsync(channel, DeadLetter, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken);
                    foreach (var message in AgentMessages.Published)
                    {
                        await channel.ExchangeDeclareAsync(ExchangeOf(message), ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancellationToken);
                    }
                }
            }
            finally
            {
                gate.Release();
            }
        }
        catch (BrokerUnreachableException e)
        {
            var cause = e.GetBaseException().Message;
            throw new HvStartupException("RabbitMQ cannot be used", busName, $"{cause.TrimEnd('.')}.",
                tls.AsAgent
                    ? "Check that it runs. If it refuses this agent: an agent that was revoked, or whose certificate has expired, has to join again."
                    : "Check that it runs, that host and port are right, and that user, password and virtual host in Hv:Bus are.", e);
        }
        catch (OperationInterruptedException e)
        {
            throw new HvStartupException("RabbitMQ refused the platform's queues", busName, e.Message, "A queue of the same name with other properties exists: delete it or use another virtual host.", e);
        }
    }

    /// <summary>Declares a queue unless this process has done so.</summary>
    public async ValueTask EnsureQueueAsync(string queue, CancellationToken cancellationToken)
    {
        if (declared.ContainsKey(queue))
        {
            return;
        }

        await gate.WaitAsync(cancellationToken);
        try
        {
            if (!declared.ContainsKey(queue))
            {
                await using var channel = await OpenChannelAsync(cancellationToken);
                await DeclareAsync(channel, queue, QueueArguments, cancellationToken);
                declared[queue] = true;
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>How many messages wait in a queue; null if there is no such queue, of which the broker writes a line into its log.</summary>
    public async Task<long?> CountAsync(string queue, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            await using var channel = await OpenChannelAsync(cancellationToken);
            return (await channel.QueueDeclarePassiveAsync(queue, cancellationToken)).MessageCount;
        }
        catch (OperationInterruptedException e) when (e.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return null;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Forget(string queue) => declared.TryRemove(queue, out _);

    public async ValueTask DisposeAsync()
    {
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }

        gate.Dispose();
    }

    /// <summary>The exchange of a published message, named as MassTransit does.</summary>
    public static string ExchangeOf(Type message) => $"{message.Namespace}:{message.Name}";

    static async Task DeclareAsync(IChannel channel, string name, IDictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
        await channel.QueueBindAsync(name, name, "", cancellationToken: cancellationToken);
    }

    async Task<IChannel> OpenChannelAsync(CancellationToken cancellationToken)
    {
        if (connection is not { IsOpen: true })
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }

            var factory = new ConnectionFactory { Uri = broker, AutomaticRecoveryEnabled = false, ClientProvidedName = "hv-topology" };
            tls.Configure(factory, broker);
            connection = await factory.CreateConnectionAsync(cancellationToken);
        }

        return await connection.CreateChannelAsync(cancellationToken: cancellationToken);
    }
}
