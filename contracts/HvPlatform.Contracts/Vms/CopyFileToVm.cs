namespace HvPlatform.Contracts.Vms;

/// <summary>Copies a file of the host into the running guest, through its guest services. Sent by another system to the orchestrator, which validates it, finds the host and answers with operation events.</summary>
public sealed record CopyFileToVm : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }

    /// <summary>What, where to, and how.</summary>
    public required VmFileCopy File { get; init; }
}
