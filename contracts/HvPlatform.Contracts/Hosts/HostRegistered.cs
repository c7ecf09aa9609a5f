namespace HvPlatform.Contracts.Hosts;

/// <summary>An agent has started, or its host's capabilities changed. Published by the agent; repeated after every reconnection.</summary>
public sealed record HostRegistered
{
    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The host's name, unique by convention, not by rule.</summary>
    public required string Name { get; init; }

    /// <summary>Which driver manages it.</summary>
    public required HypervisorKind Kind { get; init; }

    /// <summary>What it can do.</summary>
    public required HostCapabilities Capabilities { get; init; }

    /// <summary>The agent's version.</summary>
    public required string AgentVersion { get; init; }

    /// <summary>When this agent process started, UTC.</summary>
    public required DateTimeOffset AgentStartedAt { get; init; }

    /// <summary>Seconds between heartbeats; a host silent for three of them counts as down.</summary>
    public required double HeartbeatSeconds { get; init; }

    /// <summary>The host's generation at this moment; see <see cref="Vms.VmObserved.Generation"/>.</summary>
    public required long Generation { get; init; }
}
