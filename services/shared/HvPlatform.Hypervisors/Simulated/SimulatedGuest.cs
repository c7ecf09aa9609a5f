using HvPlatform.Hypervisors.Forecasting;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>How a simulated guest behaves.</summary>
public sealed record SimulatedGuest
{
    /// <summary>How much memory it writes, MiB/s.</summary>
    public double DirtyMiBps { get; init; } = 4;

    /// <summary>The memory it writes round and round, MiB; null for an eighth of its memory.</summary>
    public long? WorkingSetMiB { get; init; }

    /// <summary>From the request to being off, ms; null for a guest that ignores it.</summary>
    public int? ShutdownMs { get; init; } = 500;

    /// <summary>Share of its virtual processors in use, 0 to 1.</summary>
    public double CpuLoad { get; init; } = 0.1;

    internal long WorkingSetOf(long memoryMiB) => Math.Min(WorkingSetMiB ?? Math.Max(1, memoryMiB / 8), memoryMiB);

    /// <summary>The guest in the terms of the pre-copy model.</summary>
    public PreCopyGuest ToModel(long memoryMiB, bool running)
    {
        const long PagesPerMiB = 1024 * 1024 / PreCopyModel.PageBytes;
        return new PreCopyGuest(Math.Max(1, memoryMiB * PagesPerMiB), WorkingSetOf(memoryMiB) * PagesPerMiB, running ? DirtyMiBps * PagesPerMiB : 0);
    }
}

/// <summary>What a simulated host is.</summary>
public sealed record SimulatedHostOptions
{
    /// <summary>Physical memory for VMs, MiB.</summary>
    public long MemoryMiB { get; init; } = 262_144;

    /// <summary>Logical processors.</summary>
    public int CpuCount { get; init; } = 64;

    /// <summary>CPU model; a VM only moves between equal ones.</summary>
    public string CpuModel { get; init; } = "Simulated-CPU-v1";

    /// <summary>Migration bandwidth of the host's link, MiB/s, shared by all transfers in and out.</summary>
    public int BandwidthMiBps { get; init; } = 1024;

    /// <summary>From the start of a transfer to its first page (a hypervisor starts the guest's process on the destination), ms.</summary>
    public int TransferSetupMs { get; init; } = 100;

    /// <summary>Folders on storage that every simulated host with the same entry reaches.</summary>
    public IReadOnlyList<string> SharedPaths { get; init; } = ["/simulated/"];

    /// <summary>Most migrations at a time; null for no limit.</summary>
    public int? MaxConcurrentMigrations { get; init; }

    /// <summary>Bandwidth that all migrations in and out may use together, MiB/s; null for no limit but the link's. Said, not enforced: who starts migrations keeps to it.</summary>
    public int? MaxMigrationBandwidthMiBps { get; init; }

    /// <summary>
    /// How long a call is on its way, asked once before its effect and once after it; null for no time at all. Chance in it is the giver's own. A caller
    /// that dies in between has had the effect and never learns of it.
    /// </summary>
    public Func<TimeSpan>? CallLatency { get; init; }

    /// <summary>The facets the host offers; the others are unsupported.</summary>
    public IReadOnlyList<string> Facets { get; init; } = AllFacets;

    /// <summary>Every facet there is.</summary>
    public static IReadOnlyList<string> AllFacets { get; } =
        [
            "power", "power-save", "power-reset", "power-hibernate", "definition", "definition-rename", "migration", "migration-cold", "migration-storage", "migration-postcopy", "stats",
            "settings", "checkpoints", "guest", "guest-files", "console", "switches", "export", "storage",
        ];
}
