namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>How to reach a libvirt host and what is true of it that libvirt does not say.</summary>
public sealed record LibvirtOptions
{
    /// <summary>The libvirt connection URI, for example <c>qemu:///system</c>.</summary>
    public string Uri { get; init; } = "qemu:///system";

    /// <summary>
    /// Folders that every host of the fleet reaches under the same path with the same contents (NFS, a cluster file system). A VM can migrate if
    /// all its disks lie under these; only then is libvirt told to skip its own check, which knows no shared storage it did not mount itself.
    /// </summary>
    public IReadOnlyList<string> SharedPaths { get; init; } = [];

    /// <summary>Where this process sees the host's file system: <c>/</c> on the host itself, the mount point of the host's root in a container.</summary>
    public string HostRoot { get; init; } = "/";

    /// <summary>The libvirt URI by which another host's libvirtd reaches this one; null makes <c>qemu+tls://{MigrationHost}/system</c>.</summary>
    public string? MigrationUri { get; init; }

    /// <summary>The name or address other hosts reach this one by; null takes the host's name.</summary>
    public string? MigrationHost { get; init; }

    /// <summary>Most migrations at a time, in or out; null for no limit.</summary>
    public int? MaxConcurrentMigrations { get; init; }

    /// <summary>Bandwidth that all migrations in and out may use together, MiB/s; null for no limit.</summary>
    public int? MaxMigrationBandwidthMiBps { get; init; }

    /// <summary>Define VMs for QEMU's emulation (TCG) even where KVM is there: slow, but the same on every machine.</summary>
    public bool ForceEmulation { get; init; }

    /// <summary>A folder on the host for the VMs' serial console logs, one file per VM name; null keeps none.</summary>
    public string? SerialLogFolder { get; init; }

    /// <summary>Seconds between keep-alive messages; three unanswered ones end the connection.</summary>
    public int KeepAliveSeconds { get; init; } = 5;

    /// <summary>Events kept for a slow watcher; beyond that its watch ends and it has to scan again.</summary>
    public int WatchBuffer { get; init; } = 4096;
}
