using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace HvPlatform.ServiceKit;

/// <summary>
/// One service as a list of its parts, registered by hand: <see cref="HvHost"/> starts one of them (a process of its own) or all of them
/// (the embedded default) with the same code.
/// </summary>
public sealed record HvModule
{
    /// <summary>The service's name, for example <c>inventory</c>; names its health checks and traces.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The PostgreSQL schema the service owns, or null if it has no database. Its tables come from the embedded resources
    /// <c>Sql/NNNN-name.sql</c> of <see cref="SqlAssembly"/>; the inbox and outbox tables are added by the kit.
    /// </summary>
    public string? Schema { get; init; }

    /// <summary>The assembly whose embedded <c>Sql/*.sql</c> build the schema.</summary>
    public System.Reflection.Assembly? SqlAssembly { get; init; }

    /// <summary>Services other than consumers. The service's <see cref="ServiceDatabase"/> is there as a keyed service under <see cref="Schema"/>.</summary>
    public Action<IHostApplicationBuilder>? AddServices { get; init; }

    /// <summary>Consumers and sagas, one line each.</summary>
    public Action<IBusRegistrationConfigurator>? AddConsumers { get; init; }

    /// <summary>The queues the service reads.</summary>
    public IReadOnlyList<HvEndpoint> Endpoints { get; init; } = [];

    /// <summary>Message types outside HvPlatform.Contracts that may go through the outbox.</summary>
    public IReadOnlyList<Type> Messages { get; init; } = [];

    /// <summary>Where HTTP listens if <c>Hv:Urls</c> says nothing; in a process with several modules the first that has one. Without any: a free port on loopback.</summary>
    public string? DefaultUrl { get; init; }

    /// <summary>HTTP endpoints.</summary>
    public Action<WebApplication>? Map { get; init; }
}

/// <summary>
/// One queue and who reads it. With <see cref="Transactional"/> every delivery runs in one <see cref="HvTransaction"/> of the module's
/// database, found with <c>context.Transaction()</c>: inbox row, whatever the consumer writes, and outbox rows commit together;
/// a message id seen before on this queue is acknowledged without running the consumer.
/// </summary>
public sealed record HvEndpoint(string Queue, Action<IBusRegistrationContext, IReceiveEndpointConfigurator> Configure)
{
    /// <summary>Whether deliveries run in a transaction of the module's database.</summary>
    public bool Transactional { get; init; } = true;

    /// <summary>Set for messages that may be lost: the queue is not replicated, and never longer or older than this. A delivery that fails is dropped, not kept as an error.</summary>
    public QueueLimits? Limits { get; init; }

    /// <summary>Messages fetched ahead.</summary>
    public int Prefetch { get; init; } = 64;

    /// <summary>Messages worked on at a time.</summary>
    public int Concurrency { get; init; } = 16;
}

/// <summary>The most a queue of losable messages holds; beyond it the oldest are dropped.</summary>
public sealed record QueueLimits(int Messages, TimeSpan Age);
