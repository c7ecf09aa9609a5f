using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Vms;

/// <summary>Brings a stopped VM back to a checkpoint on one host.</summary>
public sealed record ApplyVmCheckpointOnHost : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "apply-checkpoint";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }

    /// <summary>Which, from the list of the VM's checkpoints.</summary>
    public required string CheckpointId { get; init; }
}
