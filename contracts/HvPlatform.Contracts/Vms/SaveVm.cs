namespace HvPlatform.Contracts.Vms;

/// <summary>Writes a VM's memory to disk and stops it; a start goes on from there. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record SaveVm : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }
}
