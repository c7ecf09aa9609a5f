using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Vms;

/// <summary>Asks a host for a picture of a VM's screen; answered with <see cref="VmScreenshot"/>.</summary>
public sealed record ReadVmScreenshot : IHostQuestion
{
    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Width wanted, pixels.</summary>
    public required int WidthPixels { get; init; }

    /// <summary>Height wanted, pixels.</summary>
    public required int HeightPixels { get; init; }
}
