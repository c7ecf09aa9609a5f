using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Migrations;

/// <summary>Asks the source to stop a running transfer. The transfer itself answers with <see cref="VmTransferEnded"/>.</summary>
public sealed record AbortVmTransfer : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "abort-transfer";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }
}
