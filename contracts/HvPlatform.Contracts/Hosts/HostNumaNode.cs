namespace HvPlatform.Contracts.Hosts;

/// <summary>A NUMA node of a host.</summary>
public sealed record HostNumaNode
{
    /// <summary>The host's name for it.</summary>
    public required string Id { get; init; }

    /// <summary>Logical processors.</summary>
    public required int Cpus { get; init; }

    /// <summary>Memory that VMs can have of it, MiB; null if the host does not say.</summary>
    public long? MemoryMiB { get; init; }
}
