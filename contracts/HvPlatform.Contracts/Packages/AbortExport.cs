using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Packages;

/// <summary>Stops the long step of an export, if it runs, and lets none begin any more.</summary>
public sealed record AbortExport : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "abort";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }
}
