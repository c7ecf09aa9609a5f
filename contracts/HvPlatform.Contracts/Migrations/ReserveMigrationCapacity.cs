namespace HvPlatform.Contracts.Migrations;

/// <summary>The saga asks the orchestrator to set aside room on the destination. Idempotent by operation.</summary>
public sealed record ReserveMigrationCapacity
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The destination.</summary>
    public required HostId HostId { get; init; }

    /// <summary>Memory to set aside, MiB.</summary>
    public required long MemoryMiB { get; init; }

    /// <summary>Virtual processors.</summary>
    public required int Vcpus { get; init; }

    /// <summary>The source, whose limits count too; null from an older saga.</summary>
    public HostId? SourceHostId { get; init; }

    /// <summary>The bandwidth wished for, MiB/s; null for as much as there is.</summary>
    public int? BandwidthMiBps { get; init; }
}
