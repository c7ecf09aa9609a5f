namespace HvPlatform.Contracts.Vms;

/// <summary>Keeps a VM's state and disks as they are now, to come back to. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record CreateVmCheckpoint : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }

    /// <summary>The checkpoint's name, unique among those of the VM.</summary>
    public required string Name { get; init; }
}
