namespace HvPlatform.Contracts.Vms;

/// <summary>A network adapter of a VM.</summary>
public sealed record VmAdapterState
{
    /// <summary>Its id on the host.</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The MAC address, lower case with colons; null if the host has not given one yet.</summary>
    public string? MacAddress { get; init; }

    /// <summary>The switch it is connected to; null if none.</summary>
    public string? Switch { get; init; }

    /// <summary>The VLAN it is in; null if none.</summary>
    public int? VlanId { get; init; }

    /// <summary>An emulated adapter, for guests without drivers.</summary>
    public bool Legacy { get; init; }
}
