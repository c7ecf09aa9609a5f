using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Migrations;

/// <summary>Has the source remove what is left of the VM after it was seen running on the destination. Answered by <see cref="MigrationConfirmedOnSource"/>.</summary>
public sealed record ConfirmMigrationOnSource : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "confirm-source";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }
}
