using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Packages;

/// <summary>Makes the planned VM a VM, and starts it if asked. Answered by <see cref="ImportStepEnded"/>.</summary>
public sealed record RealiseVmImport : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "realise";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }

    /// <summary>What and how.</summary>
    public required ImportSettings Settings { get; init; }
}
