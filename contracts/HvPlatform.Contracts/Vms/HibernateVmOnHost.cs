using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Vms;

/// <summary>Asks the guest to hibernate on one host.</summary>
public sealed record HibernateVmOnHost : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "hibernate";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }
}
