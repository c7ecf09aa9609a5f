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
}
