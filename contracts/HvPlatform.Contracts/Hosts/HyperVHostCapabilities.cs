namespace HvPlatform.Contracts.Hosts;

/// <summary>What a Hyper-V host can do, as it says itself. Lists are empty if it does not say.</summary>
public sealed record HyperVHostCapabilities
{
    /// <summary>The versions of VMs it runs, lowest first, for example <c>8.0</c>.</summary>
    public IReadOnlyList<string> VmVersions { get; init; } = [];

    /// <summary>The version a new VM gets.</summary>
    public string? DefaultVmVersion { get; init; }

    /// <summary>The least VM version of each feature that some VMs are too old for.</summary>
    public IReadOnlyList<HostVmFeature> VmFeatures { get; init; } = [];

    /// <summary>Classes of which this host's version lacks properties that the platform knows; one that is missing as a whole lacks <c>*</c>.</summary>
    public IReadOnlyList<HostClassGap> MissingProperties { get; init; } = [];

    /// <summary>Templates for Secure Boot.</summary>
    public IReadOnlyList<HostSecureBootTemplate> SecureBootTemplates { get; init; } = [];

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
