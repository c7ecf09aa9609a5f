namespace HvPlatform.Contracts.Vms;

/// <summary>Asks the guest to shut down (ACPI power button); it may refuse or take its time. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record ShutDownVm : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }
}
