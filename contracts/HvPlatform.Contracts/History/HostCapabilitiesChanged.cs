using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.History;

/// <summary>Host stream: the host, its agent or what it can do is another than before.</summary>
public sealed record HostCapabilitiesChanged
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

    /// <summary>What changed, in camelCase: members of <see cref="HostCapabilities"/>, or <c>name</c>, <c>kind</c>, <c>agentVersion</c>, <c>heartbeatSeconds</c>.</summary>
    public required IReadOnlyList<string> Changed { get; init; }
}
