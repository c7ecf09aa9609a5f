namespace HvPlatform.Contracts.Migrations;

/// <summary>The destination's answer to <see cref="CheckMigrationDestination"/>.</summary>
public sealed record MigrationDestinationChecked
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The step of the operation this answers.</summary>
    public required string Step { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Each check and its result.</summary>
    public required IReadOnlyList<MigrationFinding> Findings { get; init; }
}
