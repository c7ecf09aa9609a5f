namespace HvPlatform.Contracts.Vms;

/// <summary>Moves a VM's storage on its own host while it runs or rests. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record MoveVmStorage : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }

    /// <summary>What goes where.</summary>
    public required VmStorageMove Move { get; init; }
}
