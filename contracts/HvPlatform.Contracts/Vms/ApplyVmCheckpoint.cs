namespace HvPlatform.Contracts.Vms;

/// <summary>Brings a stopped VM back to a checkpoint; what came after it is lost unless it is in another checkpoint. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record ApplyVmCheckpoint : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }

    /// <summary>Which, from the list of the VM's checkpoints.</summary>
    public required string CheckpointId { get; init; }
}
