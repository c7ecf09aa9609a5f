using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Vms;

/// <summary>Deletes a checkpoint of a VM on one host.</summary>
public sealed record DeleteVmCheckpointOnHost : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "delete-checkpoint";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }

    /// <summary>Which, from the list of the VM's checkpoints.</summary>
    public required string CheckpointId { get; init; }

    /// <summary>Also every checkpoint made from it.</summary>
    public bool Subtree { get; init; }
}
