using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Contracts.Evacuations;

/// <summary>How an evacuation may go about it.</summary>
public sealed record EvacuationSettings
{
    /// <summary>Most moves at a time.</summary>
    public int MaxConcurrent { get; init; } = 2;

    /// <summary>How often each VM is tried, on another host each time if there is one.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Nothing is begun after this long, s; time paused does not count.</summary>
    public int TimeoutSeconds { get; init; } = 86_400;

    /// <summary>How each migration may go about it.</summary>
    public MigrationPolicy Policy { get; init; } = new();

    /// <summary>The only hosts to move to; empty for every host that can take a VM.</summary>
    public IReadOnlyList<HostId> DestinationHostIds { get; init; } = [];

    /// <summary>In which order VMs leave.</summary>
    public EvacuationOrder Order { get; init; } = EvacuationOrder.SmallestFirst;
}
