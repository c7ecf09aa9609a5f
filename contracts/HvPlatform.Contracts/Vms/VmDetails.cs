namespace HvPlatform.Contracts.Vms;

/// <summary>
/// What a host knows of a VM beyond what every hypervisor knows: its configuration and what its guest last said of itself. Changes of it are history; what changes with every
/// look is in <see cref="VmFigures"/>. A group is null if the driver does not read it, a member if this host does not say.
/// </summary>
public sealed record VmDetails
{
    /// <summary>Generation, version, memory limits.</summary>
    public VmHardware? Hardware { get; init; }

    /// <summary>What host and guest offer each other.</summary>
    public VmServices? Services { get; init; }

    /// <summary>The guest's operating system and addresses, as it says itself.</summary>
    public VmGuest? Guest { get; init; }

    /// <summary>When it was created, UTC.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Secure Boot, TPM, shielding.</summary>
    public VmSecurity? Security { get; init; }

    /// <summary>Replication to another host; null if there is none.</summary>
    public VmReplication? Replication { get; init; }

    /// <summary>Backup.</summary>
    public VmBackup? Backup { get; init; }

    /// <summary>What a person noted at the VM.</summary>
    public string? Notes { get; init; }
}
