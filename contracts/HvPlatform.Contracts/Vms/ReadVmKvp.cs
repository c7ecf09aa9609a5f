using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Vms;

/// <summary>Asks a host for a VM's key-value pairs; answered with <see cref="VmKvp"/>.</summary>
public sealed record ReadVmKvp : IHostQuestion
{
    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }
}
