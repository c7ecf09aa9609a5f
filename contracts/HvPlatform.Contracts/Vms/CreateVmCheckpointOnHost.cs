using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Vms;

/// <summary>Creates a checkpoint of a VM on one host.</summary>
public sealed record CreateVmCheckpointOnHost : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "create-checkpoint";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }

    /// <summary>The checkpoint's name, unique among those of the VM.</summary>
    public required string Name { get; init; }
}
