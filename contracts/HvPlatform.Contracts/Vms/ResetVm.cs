namespace HvPlatform.Contracts.Vms;

/// <summary>Resets a VM at once, as its reset button does; what the guest has not written is lost. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record ResetVm : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }
}
