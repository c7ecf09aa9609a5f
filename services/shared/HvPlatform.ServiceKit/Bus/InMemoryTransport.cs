using System.Collections.Concurrent;
using MassTransit;

namespace HvPlatform.ServiceKit.Bus;

/// <summary>
/// The in-memory transport forgets its queues when the process dies. So that nothing is lost there either, a message counts as confirmed only
/// when every reader that has it is done with it: until then its outbox row stays, and the next start sends it again. A message that a reader gives up
/// is parked in <c>outbox_parked</c>, where a broker would have its error queue. A command to a queue that nobody reads
/// yet waits in the outbox.
/// </summary>
internal sealed class InMemoryTransport(InMemoryReaders readers, IBus bus) : IBusTransport
{
    public async ValueTask<ISendEndpoint> GetQueueAsync(string queue, CancellationToken cancellationToken) => await bus.GetSendEndpoint(new Uri($"queue:{queue}"));

    public void Forget(string queue)
    {
    }

    public Confirmation Confirm(Guid messageId, string? queue, Type type) => readers.Confirm(messageId, queue, type);
}

/// <summary>Who reads which message types from which queue of the in-memory transport, and which messages they still have.</summary>
internal sealed class InMemoryReaders : IReceiveObserver
{
    readonly ConcurrentDictionary<string, ConcurrentDictionary<Type, bool>> typesOf = [];
    readonly ConcurrentDictionary<(Guid MessageId, string Queue), Unread> unread = [];
    readonly ConcurrentDictionary<string, bool> connecting = [];

    /// <summary>Notes what an endpoint reads while it is configured.</summary>
    public void Add(string queue, IReceiveEndpointConfigurator endpoint)
    {
        var observer = new MessageTypesOf(typesOf.GetOrAdd(queue, _ => []));
        endpoint.ConnectConsumerConfigurationObserver(observer);
        endpoint.ConnectSagaConfigurationObserver(observer);
        endpoint.ConnectHandlerConfigurationObserver(observer);
    }

    /// <summary>An endpoint is being connected while the process runs: until <see cref="Connected"/> nothing is sent to it.</summary>
    public void Connecting(string queue) => connecting[queue] = true;

    /// <summary>The endpoint reads.</summary>
    public void Connected(string queue) => connecting.TryRemove(queue, out _);

    /// <summary>An endpoint was stopped: what it has not read is not waited for any longer.</summary>
    public void Remove(string queue)
    {
        typesOf.TryRemove(queue, out _);
        foreach (var (key, message) in unread.Where(u => u.Key.Queue == queue))
        {
            unread.TryRemove(key, out _);
            message.Done.TrySetResult();
        }
    }

    public Confirmation Confirm(Guid messageId, string? queue, Type type)
    {
        var queues = queue is not null
            ? typesOf.ContainsKey(queue) && !connecting.ContainsKey(queue) ? [queue] : throw new NobodyReadsException(queue)
            : typesOf.Where(q => !connecting.ContainsKey(q.Key) && q.Value.Keys.Any(t => t.IsAssignableFrom(type))).Select(q => q.Key).ToArray();
        if (queues.Length == 0)
        {
            return Confirmation.None;
        }

        var sources = Array.ConvertAll(queues, q => unread.GetOrAdd((messageId, q), _ => new()).Done.Task);
        return new Confirmation(Task.WhenAll(sources), () => Array.ForEach(queues, q => unread.TryRemove((messageId, q), out _)));
    }

    public Task PreReceive(ReceiveContext context) => Task.CompletedTask;

    public Task PostReceive(ReceiveContext context) => End(context, context.IsFaulted ? "its consumer failed" : null);

    public Task ReceiveFault(ReceiveContext context, Exception exception) => End(context, exception.Message);

    public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType) where T : class => Task.CompletedTask;

    public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception) where T : class
    {
        if (context.MessageId is { } id && unread.TryGetValue((id, QueueOf(context.ReceiveContext)), out var message))
        {
            message.Failure = exception;
        }

        return Task.CompletedTask;
    }

    static string QueueOf(ReceiveContext context) => context.InputAddress.AbsolutePath.TrimStart('/');

    Task End(ReceiveContext context, string? failure)
    {
        var queue = QueueOf(context);
        if (context.GetMessageId() is { } id && unread.TryRemove((id, queue), out var message))
        {
            if (failure is null)
            {
                message.Done.TrySetResult();
            }
            else
            {
                message.Done.TrySetException(new ReaderGaveUpException(queue, failure, message.Failure));
            }
        }

        return Task.CompletedTask;
    }

    sealed class Unread
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exception? Failure { get; set; }
    }

    sealed class MessageTypesOf(ConcurrentDictionary<Type, bool> types) : IConsumerConfigurationObserver, ISagaConfigurationObserver, IHandlerConfigurationObserver
    {
        public void ConsumerConfigured<TConsumer>(IConsumerConfigurator<TConsumer> configurator) where TConsumer : class
        {
        }

        public void ConsumerMessageConfigured<TConsumer, TMessage>(IConsumerMessageConfigurator<TConsumer, TMessage> configurator)
            where TConsumer : class
            where TMessage : class => types[typeof(TMessage)] = true;

        public void SagaConfigured<TSaga>(ISagaConfigurator<TSaga> configurator) where TSaga : class, ISaga
        {
        }

        public void StateMachineSagaConfigured<TInstance>(ISagaConfigurator<TInstance> configurator, SagaStateMachine<TInstance> stateMachine)
            where TInstance : class, ISaga, SagaStateMachineInstance
        {
            foreach (var type in stateMachine.Events.Select(e => e.GetType()).SelectMany(t => t.GetInterfaces())
                .Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(Event<>)).Select(i => i.GetGenericArguments()[0]))
            {
                types[type] = true;
            }
        }

        public void SagaMessageConfigured<TSaga, TMessage>(ISagaMessageConfigurator<TSaga, TMessage> configurator)
            where TSaga : class, ISaga
            where TMessage : class => types[typeof(TMessage)] = true;

        public void HandlerConfigured<TMessage>(IHandlerConfigurator<TMessage> configurator) where TMessage : class => types[typeof(TMessage)] = true;
    }
}

/// <summary>A reader of the in-memory transport could not work on a message after all its attempts.</summary>
internal sealed class ReaderGaveUpException(string queue, string failure, Exception? cause) : Exception($"Queue '{queue}' gave the message up: {failure}.", cause);

/// <summary>A command was sent to a queue of the in-memory transport before its reader was there.</summary>
internal sealed class NobodyReadsException(string queue) : Exception($"Nobody reads queue '{queue}' yet.");
