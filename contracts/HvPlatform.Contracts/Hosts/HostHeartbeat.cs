namespace HvPlatform.Contracts.Hosts;

/// <summary>The agent is alive and its driver answers. Published by the agent every few seconds.</summary>
public sealed record HostHeartbeat
{
    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>When it was sent, by the agent's clock, UTC.</summary>
    public required DateTimeOffset SentAt { get; init; }

    /// <summary>False when the agent lives but its hypervisor does not answer; then <see cref="Error"/> says why.</summary>
    public required bool HypervisorReachable { get; init; }

    /// <summary>Memory not in use by running VMs, MiB, as the hypervisor says; null if unknown.</summary>
    public long? MemoryFreeMiB { get; init; }

    /// <summary>Why the hypervisor does not answer.</summary>
    public ErrorInfo? Error { get; init; }
}
