namespace HvPlatform.Contracts.Vms;

/// <summary>Asks the guest to hibernate: it writes its memory to its own disk and turns off. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record HibernateVm : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }
}
