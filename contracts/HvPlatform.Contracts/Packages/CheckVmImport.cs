using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Packages;

/// <summary>Reads what a directory holds and whether it can be imported so. Answered by <see cref="ImportStepEnded"/>.</summary>
public sealed record CheckVmImport : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "check";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }

    /// <summary>What and how.</summary>
    public required ImportSettings Settings { get; init; }
}
