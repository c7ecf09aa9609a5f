namespace HvPlatform.Contracts.Hosts;

/// <summary>A host's virtual switches as it has them now.</summary>
public sealed record HostSwitches
{
    /// <summary>All of them, by name.</summary>
    public required IReadOnlyList<HostSwitch> Switches { get; init; }
}
