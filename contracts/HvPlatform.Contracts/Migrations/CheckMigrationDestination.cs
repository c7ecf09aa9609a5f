using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Migrations;

/// <summary>Asks the destination whether the VM can come. Answered by <see cref="MigrationDestinationChecked"/>.</summary>
public sealed record CheckMigrationDestination : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "check-destination";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }

    /// <summary>What the source said about the VM.</summary>
    public required MigrationSourceFacts Source { get; init; }

    /// <summary>How.</summary>
    public MigrationPolicy Policy { get; init; } = new();
}
