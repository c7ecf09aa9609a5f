using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Migrations;

/// <summary>Has the source take the VM back after it was seen to be nowhere else: a guest paused by the failed migration runs on, and no transfer of the operation may begin there any more. Answered by <see cref="MigrationSourceRestored"/>.</summary>
public sealed record RestoreMigrationSource : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "restore-source";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }

    /// <summary>Whether the guest ran before the migration; a guest that was paused stays paused.</summary>
    public required bool WasRunning { get; init; }
}
