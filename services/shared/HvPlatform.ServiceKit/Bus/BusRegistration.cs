using HvPlatform.Contracts;
using HvPlatform.ServiceKit.Tls;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HvPlatform.ServiceKit.Bus;

/// <summary>One bus for all modules of the process.</summary>
internal static class BusRegistration
{
    public static void Add(IServiceCollection services, HvSettings settings, IReadOnlyList<HvModule> modules)
    {
        services.Configure<MassTransitHostOptions>(o =>
        {
            // Otherwise the first publish can come before the bindings of the queues and be lost.
            o.WaitUntilStarted = true;
            o.StartTimeout = TimeSpan.FromSeconds(60);
            o.StopTimeout = TimeSpan.FromSeconds(25);
            o.ConsumerStopTimeout = TimeSpan.FromSeconds(20);
        });
        services.AddSingleton<IHvEndpointConnector, HvEndpointConnector>();
        services.AddSingleton<ArrivalOrder>();
        services.AddReceiveObserver(p => p.GetRequiredService<ArrivalOrder>());
        services.AddMassTransit(x =>
        {
            x.DisableUsageTelemetry();
            foreach (var module in modules)
            {
                module.AddConsumers?.Invoke(x);
            }

            if (settings.Broker is { } broker)
            {
                services.AddSingleton<IBusTransport, RabbitTransport>();
                x.UsingRabbitMq((context, bus) => ConfigureRabbit(context, bus, broker, settings.BusTls, modules));
            }
            else
            {
                services.AddSingleton<InMemoryReaders>();
                services.AddReceiveObserver(p => p.GetRequiredService<InMemoryReaders>());
                services.AddSingleton<IBusTransport, InMemoryTransport>();
                x.UsingInMemory((context, bus) => Configure(context, bus, modules));
            }
        });
    }

    static void ConfigureRabbit(IBusRegistrationContext context, IRabbitMqBusFactoryConfigurator bus, Uri broker, BusTls tls, IReadOnlyList<HvModule> modules)
    {
        var userInfo = broker.UserInfo.Split(':', 2);
        bus.Host(broker.Host, (ushort)HvSettings.BrokerPort(broker), VirtualHost(broker), string.Join('+', modules.Select(m => m.Name)), h =>
        {
            h.Username(userInfo[0].Length > 0 ? Uri.UnescapeDataString(userInfo[0]) : "guest");
            h.Password(userInfo.Length > 1 ? Uri.UnescapeDataString(userInfo[1]) : "guest");
            h.PublisherConfirmation = true;
            if (broker.Scheme == "amqps")
            {
                h.UseSsl(s => s.ServerName = broker.Host);
            }

            // At each connection, so that it is made with the present certificate; and over MassTransit's own settings, which take any chain.
            h.OnRefreshConnectionFactory = factory =>
            {
                tls.Configure(factory, broker);
                return Task.CompletedTask;
            };
        });
        bus.OverrideDefaultBusEndpointQueueName($"{AgentMessages.AnswerQueues}{Guid.NewGuid():n}");
        if (tls.AsAgent)
        {
            // An agent has the right to publish to these exchanges, not to make them: the platform does.
            foreach (var message in AgentMessages.Published)
            {
                bus.Publish(message, p => p.Exclude = true);
            }
        }

        Configure(context, bus, modules);
    }

    static string VirtualHost(Uri broker) => broker.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(broker.AbsolutePath[1..]) : "/";

    static void Configure(IBusRegistrationContext context, IBusFactoryConfigurator bus, IReadOnlyList<HvModule> modules)
    {
        EndpointConfiguration.ExcludeCommandFrames(bus);
        var logger = context.GetRequiredService<ILoggerFactory>().CreateLogger("HvPlatform.ServiceKit.Bus");
        foreach (var module in modules)
        {
            var database = module.Schema is null ? null : context.GetServices<ServiceDatabase>().Single(d => d.Schema == module.Schema);
            foreach (var endpoint in module.Endpoints)
            {
                bus.ReceiveEndpoint(endpoint.Queue, e => EndpointConfiguration.Apply(e, endpoint, context, database, logger));
            }
        }
    }
}
