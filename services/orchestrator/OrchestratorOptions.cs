using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Access;
using HvPlatform.Orchestrator.Agents;
using HvPlatform.Orchestrator.Dashboard;
using HvPlatform.Orchestrator.Webhooks;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator;

/// <summary>Settings of the orchestrator, from the configuration section <c>Orchestrator</c>.</summary>
internal sealed record OrchestratorOptions
{
    /// <summary>Memory of a host that migrations leave free, MiB.</summary>
    public long HeadroomMiB { get; init; } = 512;

    /// <summary>Most migrations of the whole platform at a time; null for no limit. Further ones wait, the oldest first.</summary>
    public int? MaxConcurrentMigrations { get; init; }

    /// <summary>A lifecycle command that the host has not answered is sent again after this long.</summary>
    public TimeSpan ResendAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A lifecycle operation that the host has not answered fails after this long.</summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The same for what moves a VM's memory or disks (<see cref="TimeoutOf"/>); longer than agents wait for their hypervisor.</summary>
    public TimeSpan LongOperationTimeout { get; init; } = TimeSpan.FromMinutes(65);

    /// <summary>How long a host may take to answer a question; longer than its agent waits for the hypervisor.</summary>
    public TimeSpan QuestionTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long an Idempotency-Key is remembered.</summary>
    public TimeSpan IdempotencyRetention { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Largest request body, bytes.</summary>
    public int MaxBodyBytes { get; init; } = 1024 * 1024;

    /// <summary>Largest page of a list.</summary>
    public int MaxPageSize { get; init; } = 500;

    /// <summary>Most open event streams of this process.</summary>
    public int MaxEventStreams { get; init; } = 200;

    /// <summary>Time between two heartbeat comments of an idle event stream.</summary>
    public TimeSpan EventHeartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>What a client is told to wait when a host's agent is down, s.</summary>
    public int RetryAfterSeconds { get; init; } = 10;

    /// <summary>Where the built dashboard is.</summary>
    public DashboardOptions Dashboard { get; init; } = new();

    /// <summary>Who may call the API, from where.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary>Where and how events are posted.</summary>
    public WebhookOptions Webhooks { get; init; } = new();

    /// <summary>The API's address as other machines reach it, for what people and agents are told; null: as the request at hand came.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>The platform's own CA, which agents' certificates come from.</summary>
    public CaOptions Ca { get; init; } = new();

    /// <summary>The broker as joined agents use it.</summary>
    public BrokerOptions Broker { get; init; } = new();

    /// <summary>After how long an operation fails that the host has not answered.</summary>
    public TimeSpan TimeoutOf(OperationKind kind) => kind is OperationKind.SaveVm or OperationKind.ReconfigureVm or OperationKind.CopyFileToVm
        or OperationKind.CreateVmCheckpoint or OperationKind.ApplyVmCheckpoint or OperationKind.DeleteVmCheckpoint && LongOperationTimeout > OperationTimeout
        ? LongOperationTimeout
        : OperationTimeout;

    /// <summary>Reads the section, defaults where it is silent.</summary>
    /// <exception cref="HvStartupException">A value cannot be used.</exception>
    public static OrchestratorOptions From(IConfiguration configuration)
    {
        var options = HvOptions.Read<OrchestratorOptions>(configuration, "Orchestrator");
        if (options.ResendAfter <= TimeSpan.Zero || options.OperationTimeout < options.ResendAfter || options.QuestionTimeout <= TimeSpan.Zero || options.MaxPageSize < 1 || options.MaxBodyBytes < 1
            || options.MaxEventStreams < 1 || options.EventHeartbeat <= TimeSpan.Zero || options.HeadroomMiB < 0 || options.RetryAfterSeconds < 0
            || options.IdempotencyRetention <= TimeSpan.Zero || options.MaxConcurrentMigrations < 1)
        {
            throw new HvStartupException("A setting cannot be used", "Orchestrator",
                "ResendAfter, QuestionTimeout, EventHeartbeat, IdempotencyRetention, MaxPageSize, MaxBodyBytes, MaxEventStreams and MaxConcurrentMigrations must be positive, "
                + "HeadroomMiB and RetryAfterSeconds not negative, and OperationTimeout not shorter than ResendAfter.", "Correct or remove it.");
        }

        options.Webhooks.Check();
        options.Access.Check();
        return options;
    }
}
