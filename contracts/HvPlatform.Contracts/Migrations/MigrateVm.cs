using HvPlatform.Contracts.Vms;

namespace HvPlatform.Contracts.Migrations;

/// <summary>Live-migrates a VM. Sent by another system to the orchestrator.</summary>
public sealed record MigrateVm : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <summary>Where to.</summary>
    public required HostId DestinationHostId { get; init; }

    /// <summary>How.</summary>
    public MigrationPolicy Policy { get; init; } = new();

    /// <inheritdoc/>
    public required Trail Trail { get; init; }
}
