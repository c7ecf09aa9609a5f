using HvPlatform.Contracts.Vms;

namespace HvPlatform.Contracts.Packages;

/// <summary>Makes a VM out of an export on a host. Answered by <see cref="ImportStarted"/> and one of <see cref="ImportCompleted"/> and <see cref="ImportFailed"/>, or refused. The VM named is the exported one, or with a new identity any id not in use.</summary>
public sealed record ImportVm : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>What and how.</summary>
    public required ImportSettings Settings { get; init; }
}
