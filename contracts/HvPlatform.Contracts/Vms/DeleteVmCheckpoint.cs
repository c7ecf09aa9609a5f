namespace HvPlatform.Contracts.Vms;

/// <summary>Deletes a checkpoint; the VM stays as it is. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record DeleteVmCheckpoint : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }

    /// <summary>Which, from the list of the VM's checkpoints.</summary>
    public required string CheckpointId { get; init; }

    /// <summary>Also every checkpoint made from it.</summary>
    public bool Subtree { get; init; }
}
