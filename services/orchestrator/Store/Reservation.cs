using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Store;

/// <summary>What is set aside for a migration from its acceptance by the destination until its terminal event. One per operation.</summary>
internal sealed record Reservation
{
    public required OperationId OperationId { get; init; }

    public required VmId VmId { get; init; }

    /// <summary>The destination.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The source; null from an older saga.</summary>
    public HostId? SourceHostId { get; init; }

    public required long MemoryMiB { get; init; }

    public required int Vcpus { get; init; }

    /// <summary>The share of the hosts' migration bandwidth, MiB/s; null for no limit.</summary>
    public int? BandwidthMiBps { get; init; }

    public required DateTimeOffset ReservedAt { get; init; }
}
