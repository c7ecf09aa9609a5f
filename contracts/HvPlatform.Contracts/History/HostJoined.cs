using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.History;

/// <summary>Host stream: an agent registered this host for the first time.</summary>
public sealed record HostJoined
{
    /// <summary>The host: the stream's id.</summary>
    public required HostId HostId { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Which driver manages it.</summary>
    public required HypervisorKind Kind { get; init; }

    /// <summary>What it can do.</summary>
    public required HostCapabilities Capabilities { get; init; }

    /// <summary>The agent's version.</summary>
    public required string AgentVersion { get; init; }

    /// <summary>Seconds between heartbeats.</summary>
    public required double HeartbeatSeconds { get; init; }

    /// <summary>When the agent started, UTC.</summary>
    public required DateTimeOffset AgentStartedAt { get; init; }
}
