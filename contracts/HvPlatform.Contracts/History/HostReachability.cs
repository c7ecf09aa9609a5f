using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.History;

/// <summary>Whether a host can be managed.</summary>
[JsonConverter(typeof(TolerantEnumConverter<HostReachability>))]
public enum HostReachability
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>Agent and hypervisor answer.</summary>
    Online = 1,

    /// <summary>The agent stopped in good order.</summary>
    AgentStopped = 2,

    /// <summary>The agent has missed three heartbeats.</summary>
    AgentSilent = 3,

    /// <summary>The agent lives, its hypervisor does not answer.</summary>
    HypervisorUnreachable = 4,
}
