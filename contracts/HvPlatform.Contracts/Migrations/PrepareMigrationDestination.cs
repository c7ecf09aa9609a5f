using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Migrations;

/// <summary>Has the destination make ready what the transfer needs. Answered by <see cref="MigrationDestinationPrepared"/>.</summary>
public sealed record PrepareMigrationDestination : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "prepare-destination";

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
