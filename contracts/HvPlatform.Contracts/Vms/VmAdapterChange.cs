namespace HvPlatform.Contracts.Vms;

/// <summary>One change of a VM's network adapters.</summary>
public sealed record VmAdapterChange
{
    /// <summary>Add, Change or Remove.</summary>
    public required VmDeviceAction Action { get; init; }

    /// <summary>Which: its id or MAC address, or its name if only one has it. For Add the new one's name, which no other adapter of the VM may have.</summary>
    public required string Adapter { get; init; }

    /// <summary>The MAC address, lower case with colons; empty to let the host give one.</summary>
    public string? MacAddress { get; init; }

    /// <summary>The name or id of the switch to connect it to; empty to disconnect it.</summary>
    public string? Switch { get; init; }

    /// <summary>The VLAN it is in, 1 to 4094; 0 for none.</summary>
    public int? VlanId { get; init; }
}
