using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Vms;

/// <summary>Saves a VM on one host.</summary>
public sealed record SaveVmOnHost : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "save";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }
}
