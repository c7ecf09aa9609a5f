using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Migrations;

/// <summary>Asks the source whether the VM can leave. Answered by <see cref="MigrationSourceChecked"/>.</summary>
public sealed record CheckMigrationSource : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "check-source";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }

    /// <summary>How.</summary>
    public MigrationPolicy Policy { get; init; } = new();
}
