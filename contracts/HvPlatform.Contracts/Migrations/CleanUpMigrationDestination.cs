using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Migrations;

/// <summary>Has the destination remove what was prepared; it never touches a VM that runs. Answered by <see cref="MigrationDestinationCleanedUp"/>.</summary>
public sealed record CleanUpMigrationDestination : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "clean-up-destination";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }

    /// <summary>What the source said about the VM; null from a saga that did not get so far.</summary>
    public MigrationSourceFacts? Source { get; init; }
}
