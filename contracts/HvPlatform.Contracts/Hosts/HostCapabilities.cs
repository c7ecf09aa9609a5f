namespace HvPlatform.Contracts.Hosts;

/// <summary>What a host is and can do, as its driver reports it.</summary>
public sealed record HostCapabilities
{
    /// <summary>The hypervisor and its version, for example <c>QEMU 7.2.0 (libvirt 9.0.0)</c>.</summary>
    public required string Hypervisor { get; init; }

    /// <summary>The host CPU model as the hypervisor names it.</summary>
    public required string CpuModel { get; init; }

    /// <summary>Logical processors.</summary>
    public required int CpuCount { get; init; }

    /// <summary>Physical memory that VMs may use, MiB.</summary>
    public required long MemoryMiB { get; init; }

    /// <summary>The optional driver facets this host offers, for example <c>migration</c>; a facet not listed is unsupported.</summary>
    public required IReadOnlyList<string> Facets { get; init; }

    /// <summary>Where another host's hypervisor reaches this one to migrate to it, or null if it cannot be a destination.</summary>
    public string? MigrationUri { get; init; }

    /// <summary>Most migrations at a time, in or out; null if the host sets no limit.</summary>
    public int? MaxConcurrentMigrations { get; init; }

    /// <summary>Bandwidth that all migrations in and out may use together, MiB/s; null if the host sets no limit.</summary>
    public int? MaxMigrationBandwidthMiBps { get; init; }

    /// <summary>What only Hyper-V hosts have; null for others.</summary>
    public HyperVHostCapabilities? HyperV { get; init; }
}
