using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Packages;

/// <summary>Copies what is to be copied and makes the planned VM as it is to be. Answered by <see cref="ImportStepEnded"/>.</summary>
public sealed record PlanVmImport : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "plan";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }

    /// <summary>What and how.</summary>
    public required ImportSettings Settings { get; init; }
}
