namespace HvPlatform.HostAgent.Hosts;

/// <summary>One entry of <c>Hv:Agents</c>: a hypervisor, or a simulated fleet.</summary>
sealed record AgentOptions
{
    /// <summary><c>simulated</c>, <c>libvirt</c> or <c>hyperv</c>; there is no default.</summary>
    public string Driver { get; init; } = "";

    /// <summary>libvirt: the connection URI. Hyper-V: the address of the host's WinRM service (<c>https://hv1.example:5986/wsman</c>); null for this machine's own, by WMI.</summary>
    public string? Uri { get; init; }

    /// <summary>Folders that every host reaches under the same path.</summary>
    public string[] SharedPaths { get; init; } = [];

    /// <summary>libvirt: where the agent sees the host's file system; <c>/</c> unless it runs in a container.</summary>
    public string HostRoot { get; init; } = "/";

    /// <summary>libvirt: the URI other hosts' libvirtd reach this one by.</summary>
    public string? MigrationUri { get; init; }

    /// <summary>The name or address other hosts reach this one by.</summary>
    public string? MigrationHost { get; init; }

    /// <summary>libvirt: run VMs in emulation even where KVM is there.</summary>
    public bool ForceEmulation { get; init; }

    /// <summary>libvirt: folder for serial console logs.</summary>
    public string? SerialLogFolder { get; init; }

    /// <summary>Hyper-V: how to sign in, and how often to look for changes.</summary>
    public HyperVAgentOptions HyperV { get; init; } = new();

    /// <summary>Directories of the host below which exports are written and read; a data directory of the host if not set.</summary>
    public string[] ExportRoots { get; init; } = [];

    /// <summary>Directories of the host below which imports may copy and use disks; where the hypervisor keeps disks, and the shared paths, if not set.</summary>
    public string[] DiskRoots { get; init; } = [];

    /// <summary>Most migrations at a time, 0 for none; null for no limit.</summary>
    public int? MaxConcurrentMigrations { get; init; }

    /// <summary>Bandwidth that all migrations in and out may use together, MiB/s, 0 for no migrations; null for no limit.</summary>
    public int? MaxMigrationBandwidthMiBps { get; init; }

    /// <summary>Directory of the job journals, one file per host; <c>Hv:Journal</c> if not set.</summary>
    public string? Journal { get; init; }

    /// <summary>Where and how the host's agent offers gRPC; off unless it has an address.</summary>
    public AgentGrpcOptions Grpc { get; init; } = new();

    /// <summary>Simulated: what the fleet is.</summary>
    public SimulatedOptions Simulated { get; init; } = new();

    /// <summary>Seconds between heartbeats.</summary>
    public double HeartbeatSeconds { get; init; } = 5;

    /// <summary>Seconds between full reports, give or take a tenth.</summary>
    public double ReportSeconds { get; init; } = 30;

    /// <summary>Seconds between two samples of the VMs' figures; 0 for none.</summary>
    public double SampleSeconds { get; init; } = 5;

    /// <summary>Jobs run at a time on one host, transfers not counted.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>Longest a job other than a transfer may take, s.</summary>
    public double JobTimeoutSeconds { get; init; } = 120;

    /// <summary>Longest running jobs may take to end when the agent is stopped, s.</summary>
    public double StopSeconds { get; init; } = 10;
}

/// <summary>gRPC of an entry's hosts.</summary>
sealed record AgentGrpcOptions
{
    /// <summary><c>http://127.0.0.1:PORT</c>, loopback only, or <c>https://ADDRESS:PORT</c>; null for no gRPC. Further hosts of a simulated fleet take the following ports; port 0 is a free one.</summary>
    public string? Url { get; init; }

    /// <summary>The platform's REST API, which does what changes a VM: <c>https://…</c>, or <c>http://</c> on loopback; that of the platform the agent has joined if not set. Without either, nothing can be changed through gRPC.</summary>
    public string? Api { get; init; }

    /// <summary>PEM file of the authority of the API's certificate; null for the system's authorities.</summary>
    public string? ApiAuthorityFile { get; init; }

    /// <summary>PEM file of this server's certificate, for https; the joined agent's own if not set.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of its key.</summary>
    public string? KeyFile { get; init; }

    /// <summary>PEM file of the authority whose certificates callers must have.</summary>
    public string? AuthorityFile { get; init; }
}

/// <summary>A simulated fleet. Entries with the same seed are the same fleet.</summary>
sealed record SimulatedOptions
{
    public int Hosts { get; init; } = 1;

    public int VmsPerHost { get; init; } = 10;

    public int Seed { get; init; } = 1;

    /// <summary>Memory of each host, MiB.</summary>
    public long MemoryMiB { get; init; } = 262_144;

    /// <summary>Memory of each VM, MiB; null for a mix.</summary>
    public long? VmMemoryMiB { get; init; }

    /// <summary>Migration bandwidth of each host, MiB/s.</summary>
    public int BandwidthMiBps { get; init; } = 1024;

    /// <summary>How fast each guest dirties memory, MiB/s.</summary>
    public double DirtyMiBps { get; init; } = 4;
}

/// <summary>The times and limits one host's agent works with.</summary>
sealed record AgentTimings
{
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan Report { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two samples of the VMs' figures; zero for none.</summary>
    public TimeSpan Sample { get; init; }

    public TimeSpan JobTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long, after a job was answered as timed out, the VM's next job waits for the native call to return.</summary>
    public TimeSpan LaneHold { get; init; } = TimeSpan.FromMinutes(15);

    public TimeSpan Stop { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The directories below which exports lie.</summary>
    public IReadOnlyList<string> ExportRoots { get; init; } = [];

    /// <summary>The directories below which imported VMs' disks lie.</summary>
    public IReadOnlyList<string> DiskRoots { get; init; } = [];

    public int Workers { get; init; } = 4;
}
