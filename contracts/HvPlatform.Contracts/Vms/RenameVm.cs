namespace HvPlatform.Contracts.Vms;

/// <summary>Gives a VM another name. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record RenameVm : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }

    /// <summary>The new name, unique on the host.</summary>
    public required string Name { get; init; }
}
