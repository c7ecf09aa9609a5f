namespace HvPlatform.Contracts.Migrations;

/// <summary>A transfer's progress as the source's hypervisor reports it. At most a few per second.</summary>
public sealed record MigrationProgressed
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The figures.</summary>
    public required MigrationProgress Progress { get; init; }

    /// <summary>When they were read, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
