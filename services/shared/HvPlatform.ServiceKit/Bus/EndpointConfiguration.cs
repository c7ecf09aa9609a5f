using System.Runtime.Serialization;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using MassTransit;
using MassTransit.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HvPlatform.ServiceKit.Bus;

/// <summary>How every queue is read, on both transports: order per key, bounded retry, transaction, error queue.</summary>
internal static class EndpointConfiguration
{
    /// <summary>Waits between the attempts of a message whose consumer throws; after the last it goes to <c>&lt;queue&gt;_error</c> with the reason in its headers.</summary>
    internal static readonly TimeSpan[] RetryIntervals =
        [TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)];

    /// <summary>While the database cannot be reached messages wait instead of going to the error queue; well below RabbitMQ's 30 minutes for an unanswered delivery.</summary>
    const int OutageAttempts = 20 * 60;

    public static void Apply(
        IReceiveEndpointConfigurator e, HvEndpoint endpoint, IBusRegistrationContext context, ServiceDatabase? database, ILogger logger)
    {
        if (e is IRabbitMqReceiveEndpointConfigurator rabbit)
        {
            foreach (var (name, value) in endpoint.Limits is { } limits ? RabbitTopology.LimitedQueueArguments(limits) : RabbitTopology.QueueArguments)
            {
                rabbit.SetQueueArgument(name, value!);
            }
        }

        e.PrefetchCount = endpoint.Prefetch;
        e.ConcurrentMessageLimit = endpoint.Concurrency;
        e.PublishFaults = false;
        if (endpoint.Limits is not null)
        {
            e.DiscardFaultedMessages();
            e.DiscardSkippedMessages();
        }

        context.GetService<InMemoryReaders>()?.Add(endpoint.Queue, e);

        // Before the message type is known, so that each runs once per delivery however many consumers it has.
        e.AddPrePipeSpecification(new FilterSpecification(new KeyOrderFilter(context.GetRequiredService<ArrivalOrder>())));
        e.AddPrePipeSpecification(Retry(r =>
        {
            r.Handle<Exception>(DatabaseOutage.Is);
            r.Interval(OutageAttempts, TimeSpan.FromSeconds(1));
        }));
        e.AddPrePipeSpecification(Retry(r =>
        {
            r.Handle<Exception>(x => !DatabaseOutage.Is(x) && x is not SerializationException);
            r.Intervals(RetryIntervals);
        }));
        if (endpoint.Transactional)
        {
            e.AddPrePipeSpecification(new FilterSpecification(new TransactionalFilter(
                database ?? throw new InvalidOperationException($"Queue '{endpoint.Queue}' is transactional, but its module has no schema."), endpoint.Queue, logger)));
        }

        endpoint.Configure(context, e);
    }

    /// <summary>The interfaces that frame commands are no events: without this MassTransit makes an exchange of each.</summary>
    public static void ExcludeCommandFrames(IBusFactoryConfigurator bus)
    {
        bus.Publish<IHostCommand>(p => p.Exclude = true);
        bus.Publish<IVmCommand>(p => p.Exclude = true);
        bus.Publish<IHostQuestion>(p => p.Exclude = true);
    }

    static ConsumeContextRetryPipeSpecification Retry(Action<IRetryConfigurator> configure)
    {
        var specification = new ConsumeContextRetryPipeSpecification();
        configure(specification);
        return specification;
    }

    sealed class FilterSpecification(IFilter<ConsumeContext> filter) : IPipeSpecification<ConsumeContext>
    {
        public void Apply(IPipeBuilder<ConsumeContext> builder) => builder.AddFilter(filter);

        public IEnumerable<ValidationResult> Validate() => [];
    }

    /// <summary>Deliveries with the same ordering key one at a time, in the order of the queue.</summary>
    sealed class KeyOrderFilter(ArrivalOrder arrivals) : IFilter<ConsumeContext>
    {
        readonly KeyedGate gate = new();

        public void Probe(ProbeContext context) => context.CreateFilterScope("hvKeyOrder");

        public async Task Send(ConsumeContext context, IPipe<ConsumeContext> next)
        {
            await arrivals.PassAsync(context.ReceiveContext);
            var work = Guid.TryParse(context.Headers.Get<string>(HvHeaders.Key), out var key) ? gate.RunAsync(key, () => next.Send(context)) : next.Send(context);
            arrivals.Passed(context.ReceiveContext);
            await work;
        }
    }
}
