namespace HvPlatform.Contracts.Vms;

/// <summary>Adds, changes and removes key-value pairs that the host keeps for a VM. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record WriteVmKvp : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }

    /// <summary>What is to change, in this order.</summary>
    public required IReadOnlyList<VmKvpChange> Changes { get; init; }
}
