namespace HvPlatform.Contracts.Vms;

/// <summary>Changes a VM's settings: those that are given, and only where they differ. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record ReconfigureVm : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }

    /// <summary>What is to change.</summary>
    public required VmSettings Settings { get; init; }
}
