namespace HvPlatform.Contracts.Hosts;

/// <summary>What a Hyper-V host can do, as it says itself. Lists are empty if it does not say.</summary>
public sealed record HyperVHostCapabilities
{
    /// <summary>The versions of VMs it runs, lowest first, for example <c>8.0</c>.</summary>
    public IReadOnlyList<string> VmVersions { get; init; } = [];

    /// <summary>The version a new VM gets.</summary>
    public string? DefaultVmVersion { get; init; }

    /// <summary>The least VM version of each feature that some VMs are too old for.</summary>
    public IReadOnlyDictionary<string, string> FeatureVersions { get; init; } = new Dictionary<string, string>();

    /// <summary>Per class the properties that the platform knows and this host's version does not have; a class that is missing as a whole is listed with <c>*</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> MissingProperties { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Ids of the templates for Secure Boot, with their names.</summary>
    public IReadOnlyDictionary<string, string> SecureBootTemplates { get; init; } = new Dictionary<string, string>();

    /// <summary>Ways to isolate a VM's memory from the host, for example <c>VBS</c>.</summary>
    public IReadOnlyList<string> IsolationTypes { get; init; } = [];

    /// <summary>GPUs of which VMs can have a part.</summary>
    public IReadOnlyList<HostGpu> Gpus { get; init; } = [];

    /// <summary>NUMA nodes.</summary>
    public IReadOnlyList<HostNumaNode> NumaNodes { get; init; } = [];

    /// <summary>Whether live migrations in and out are enabled.</summary>
    public bool? MigrationEnabled { get; init; }

    /// <summary>Most storage migrations at a time.</summary>
    public int? MaxConcurrentStorageMigrations { get; init; }

    /// <summary>How memory can travel: <c>TCP</c>, <c>TCP with compression</c>, <c>SMB</c>.</summary>
    public IReadOnlyList<string> MigrationTransports { get; init; } = [];

    /// <summary>Where the host takes migrations.</summary>
    public IReadOnlyList<string> MigrationAddresses { get; init; } = [];
}

/// <summary>A GPU of a host that can be divided.</summary>
/// <param name="Name">The host's name for it.</param>
/// <param name="Partitions">Into how many parts it is divided now.</param>
/// <param name="PossiblePartitions">Into how many it can be divided.</param>
public sealed record HostGpu(string Name, int Partitions, IReadOnlyList<int> PossiblePartitions);

/// <summary>A NUMA node of a host.</summary>
/// <param name="Id">The host's name for it.</param>
/// <param name="Cpus">Logical processors.</param>
/// <param name="MemoryMiB">Memory, MiB; null if the host does not say.</param>
public sealed record HostNumaNode(string Id, int Cpus, long? MemoryMiB);
