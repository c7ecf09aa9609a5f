namespace HvPlatform.Contracts.Hosts;

/// <summary>A feature that some VMs are too old for.</summary>
public sealed record HostVmFeature
{
    /// <summary>Its name, for example <c>hibernation</c>.</summary>
    public required string Feature { get; init; }

    /// <summary>The least VM version that has it.</summary>
    public required string VmVersion { get; init; }
}
