namespace HvPlatform.Contracts.Vms;

/// <summary>Starts a stopped or saved VM. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record StartVm : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }
}
