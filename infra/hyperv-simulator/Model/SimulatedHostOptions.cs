namespace HvPlatform.HyperVSimulator.Model;

/// <summary>What a simulated host is made of.</summary>
public sealed record SimulatedHostOptions
{
    /// <summary>Makes ids, addresses and loads: two hosts of the same name and seed are equal.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Logical processors.</summary>
    public int Processors { get; init; } = 32;

    /// <summary>Physical memory, MB.</summary>
    public long MemoryMb { get; init; } = 262_144;

    /// <summary>NUMA nodes; the processors and the memory are divided evenly.</summary>
    public int NumaNodes { get; init; } = 2;

    /// <summary>The build of Windows Server, as in <c>Win32_OperatingSystem.Version</c>.</summary>
    public string WindowsVersion { get; init; } = "10.0.20348";

    /// <summary>The product's name, as in <c>Win32_OperatingSystem.Caption</c>.</summary>
    public string WindowsCaption { get; init; } = "Microsoft Windows Server 2022 Datacenter";

    /// <summary>The configuration version of new virtual machines.</summary>
    public string DefaultVmVersion => VmVersions[^1];

    /// <summary>Changes of settings start a job even where they could be done at once: then the results are only found through the job.</summary>
    public bool SettingsByJob { get; init; }

    /// <summary>How long a job of ordinary weight takes (a state change, a change of settings); others are multiples of it. Zero: methods finish at once where a real host's may.</summary>
    public TimeSpan JobDuration { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a guest takes to boot until its services answer.</summary>
    public TimeSpan GuestBootDuration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a guest takes to shut down when asked.</summary>
    public TimeSpan GuestShutdownDuration { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an ended job can still be read. Five minutes on a real host.</summary>
    public TimeSpan JobRetention { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How fast disks are written and copied, bytes a second.</summary>
    public double DiskBytesPerSecond { get; init; } = 1_000_000_000;

    /// <summary>How fast memory and disks go to another host, bytes a second.</summary>
    public double NetworkBytesPerSecond { get; init; } = 1_250_000_000;

    /// <summary>Room on the host's own drives, bytes.</summary>
    public ulong DiskBytes { get; init; } = 16UL << 40;

    /// <summary>The configuration versions of virtual machines that it supports, the last being that of new ones.</summary>
    public IReadOnlyList<string> VmVersions { get; init; } = ["8.0", "8.1", "8.2", "8.3", "9.0", "9.1", "9.2", "9.3", "10.0"];

    /// <summary>Whose processors it has: running virtual machines go only to the same.</summary>
    public string ProcessorVendor { get; init; } = "GenuineIntel";

    /// <summary><c>GuestStateIsolationType</c>s that it supports: 0 trusted launch, 1 VBS, 2 SNP, 3 TDX, 16 OpenHCL.</summary>
    public IReadOnlyList<ushort> IsolationTypes { get; init; } = [0, 1];

    /// <summary>GPUs that can be divided.</summary>
    public int Gpus { get; init; } = 1;

    /// <summary>Network adapters.</summary>
    public int NetworkAdapters { get; init; } = 2;

    /// <summary>The longest black-out that a migration with <c>CancelIfBlackoutThresholdExceeded</c> accepts.</summary>
    public TimeSpan BlackoutThreshold { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long writing so many bytes takes.</summary>
    internal TimeSpan DiskCopyDuration(ulong bytes) => TimeSpan.FromSeconds(bytes / DiskBytesPerSecond);
}
