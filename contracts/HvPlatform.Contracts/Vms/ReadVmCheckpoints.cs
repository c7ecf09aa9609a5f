using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Vms;

/// <summary>Asks a host for a VM's checkpoints; answered with <see cref="VmCheckpoints"/>.</summary>
public sealed record ReadVmCheckpoints : IHostQuestion
{
    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }
}
