namespace HvPlatform.Contracts.Vms;

/// <summary>Services between host and guest. In a change, what is null stays as it is.</summary>
public sealed record VmIntegrationSettings
{
    /// <summary>Whether the guest's heartbeat is watched.</summary>
    public bool? Heartbeat { get; init; }

    /// <summary>Whether files may be copied into the guest.</summary>
    public bool? GuestServices { get; init; }
}
