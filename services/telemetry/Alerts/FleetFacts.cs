using HvPlatform.Contracts;

namespace HvPlatform.Telemetry.Alerts;

/// <summary>What the rules look at: of the fleet, that which might need attention, at one moment.</summary>
internal sealed record FleetFacts
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>Hosts that are not online, and hosts with little memory left.</summary>
    public IReadOnlyList<HostFacts> Hosts { get; init; } = [];

    /// <summary>VMs that are missing, run twice, have crashed, or went off by themselves.</summary>
    public IReadOnlyList<VmFacts> Vms { get; init; } = [];

    /// <summary>Operations in doubt.</summary>
    public IReadOnlyList<DoubtFacts> Doubts { get; init; } = [];

    /// <summary>Failures of the last quarter of an hour, by host.</summary>
    public IReadOnlyList<FailureFacts> Failures { get; init; } = [];

    /// <summary>Agents' newest certificates of which less than a third is left; null if they cannot be read now.</summary>
    public IReadOnlyList<CertificateFacts>? Certificates { get; init; } = [];

    /// <summary>Webhooks with deliveries that were given up; null if they cannot be read now.</summary>
    public IReadOnlyList<WebhookFacts>? Webhooks { get; init; } = [];

    /// <summary>Queues of messages that nobody could work on; null if nobody has looked at them just now.</summary>
    public IReadOnlyList<QueueFacts>? Queues { get; init; } = [];

    /// <summary>What of another service is not there, so that it is not known; null if all is.</summary>
    public string? Missing { get; init; }
}

/// <param name="Id">The host.</param>
/// <param name="Name">Its name.</param>
/// <param name="Reachability">As the inventory recorded it: Online, AgentStopped, AgentSilent, HypervisorUnreachable.</param>
/// <param name="LastSeenAt">When its agent was last heard.</param>
/// <param name="Error">Why it is not online, in the agent's words.</param>
/// <param name="MemoryMiB">Memory it has.</param>
/// <param name="MemoryFreeMiB">Memory it has left; null if it does not say.</param>
internal sealed record HostFacts(HostId Id, string Name, string Reachability, DateTimeOffset? LastSeenAt, string? Error, long MemoryMiB, long? MemoryFreeMiB);

/// <param name="Id">The VM.</param>
/// <param name="Name">Its name.</param>
/// <param name="Host">Where it is, or was seen last.</param>
/// <param name="HostName">That host's name.</param>
/// <param name="State">Its state.</param>
/// <param name="StateReason">Why it is in that state, in the hypervisor's words.</param>
/// <param name="MissingSince">Since when no host reports it; null if one does.</param>
/// <param name="RunsTwice">Two hosts say that it runs and no migration explains it.</param>
internal sealed record VmFacts(VmId Id, string Name, HostId Host, string? HostName, VmState State, string? StateReason, DateTimeOffset? MissingSince, bool RunsTwice);

/// <param name="Id">The operation.</param>
/// <param name="Kind">Of which kind.</param>
/// <param name="Vm">Its VM.</param>
/// <param name="VmName">The VM's name.</param>
/// <param name="Since">Since when it is in doubt.</param>
/// <param name="Unknown">What is not known.</param>
internal sealed record DoubtFacts(OperationId Id, string Kind, VmId Vm, string? VmName, DateTimeOffset? Since, string? Unknown);

/// <param name="Host">The host.</param>
/// <param name="Name">Its name.</param>
/// <param name="Count">How many operations failed there.</param>
/// <param name="Message">What one of them said.</param>
internal sealed record FailureFacts(HostId Host, string Name, int Count, string? Message);

/// <param name="Agent">The agent.</param>
/// <param name="HostName">The machine it runs on.</param>
/// <param name="IssuedAt">When the certificate was made.</param>
/// <param name="ExpiresAt">When it ends.</param>
internal sealed record CertificateFacts(Guid Agent, string HostName, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt);

/// <param name="Id">The webhook.</param>
/// <param name="Name">What it is called, or where it posts to.</param>
/// <param name="Dead">How many deliveries were given up.</param>
/// <param name="PausedReason">Why it is paused; null if it is not.</param>
internal sealed record WebhookFacts(Guid Id, string Name, long Dead, string? PausedReason);

/// <param name="Name">The queue.</param>
/// <param name="Messages">How many messages are in it; null if that was not asked.</param>
internal sealed record QueueFacts(string Name, long? Messages);
