using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Vms;

/// <summary>Asks a host for a VM's settings; answered with <see cref="VmSettingsState"/>.</summary>
public sealed record ReadVmSettings : IHostQuestion
{
    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }
}
