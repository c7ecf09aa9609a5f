namespace HvPlatform.Contracts.Vms;

/// <summary>Turns a VM off at once, as pulling the plug does. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record ForceOffVm : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }
}
