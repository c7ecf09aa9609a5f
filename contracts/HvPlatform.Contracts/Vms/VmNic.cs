namespace HvPlatform.Contracts.Vms;

/// <summary>A network adapter of a VM.</summary>
public sealed record VmNic
{
    /// <summary>The MAC address, lower case with colons.</summary>
    public required string MacAddress { get; init; }

    /// <summary>The network, bridge or switch it is on; null if none.</summary>
    public string? Network { get; init; }

    /// <summary>The device model, for example <c>virtio</c>.</summary>
    public string? Model { get; init; }
}
