using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Vms;

/// <summary>Adds, changes and removes key-value pairs of a VM on one host.</summary>
public sealed record WriteVmKvpOnHost : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "write-kvp";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }

    /// <summary>What is to change, in this order.</summary>
    public required IReadOnlyList<VmKvpChange> Changes { get; init; }
}
