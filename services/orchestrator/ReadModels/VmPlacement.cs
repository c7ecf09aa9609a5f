using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.ReadModels;

/// <summary>Where a VM is and what it is doing, as far as accepting a request depends on it.</summary>
internal sealed record VmPlacement
{
    public required VmId Id { get; init; }

    public required string Name { get; init; }

    public required HostId HostId { get; init; }

    public required VmState State { get; init; }

    /// <summary>Memory assigned, MiB; 0 if not known yet.</summary>
    public required long MemoryMiB { get; init; }

    /// <summary>The epoch stored beside the VM on its hypervisor.</summary>
    public required long Epoch { get; init; }

    /// <summary>When a complete report of its host first lacked it, UTC; null for a VM that is there.</summary>
    public DateTimeOffset? MissingSince { get; init; }

    /// <summary>When it was deleted, UTC.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Two hosts say that it runs and no migration explains it.</summary>
    public bool RunsTwice { get; init; }

    /// <summary>When its host last saw it so, UTC.</summary>
    public required DateTimeOffset ObservedAt { get; init; }
}
