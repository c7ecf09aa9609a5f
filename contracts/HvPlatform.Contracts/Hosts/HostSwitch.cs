namespace HvPlatform.Contracts.Hosts;

/// <summary>A virtual switch, bridge or network of a host.</summary>
public sealed record HostSwitch
{
    /// <summary>Its id on the host.</summary>
    public required string Id { get; init; }

    /// <summary>Its name, unique by convention, not by rule.</summary>
    public required string Name { get; init; }

    /// <summary><c>external</c> (with a way out of the host), <c>internal</c> (with the host) or <c>private</c> (among VMs); null if not known.</summary>
    public string? Kind { get; init; }
}
