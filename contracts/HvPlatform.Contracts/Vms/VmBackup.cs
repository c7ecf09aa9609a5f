namespace HvPlatform.Contracts.Vms;

/// <summary>A VM's backups, as far as the host knows of them.</summary>
public sealed record VmBackup
{
    /// <summary>Whether incremental backups are possible: the host tracks the changes of its disks.</summary>
    public bool? Enabled { get; init; }
}
