using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors;

/// <summary>
/// One hypervisor host. A small mandatory core plus optional facets: a facet that is null is unsupported, advertised as such in
/// <see cref="HostCapabilities.Facets"/> and refused before any work. Every method throws only <see cref="HypervisorException"/>
/// (and <see cref="OperationCanceledException"/> for its token) and is safe to call from many threads.
/// One contract suite (tests/…/DriverContract) runs against every driver.
/// </summary>
public interface IHypervisorDriver : IAsyncDisposable
{
    /// <summary>Which driver this is.</summary>
    HypervisorKind Kind { get; }

    /// <summary>
    /// The host's identity and name as the hypervisor knows them. They stay the same for the driver's life: if the address later answers as
    /// another host, every call throws rather than take that host's VMs for this one's.
    /// </summary>
    Task<HostIdentity> GetHostAsync(CancellationToken cancellationToken);

    /// <summary>What the host is and can do.</summary>
    Task<HostCapabilities> GetCapabilitiesAsync(CancellationToken cancellationToken);

    /// <summary>Memory not in use by running VMs, MiB; null if the hypervisor cannot say.</summary>
    Task<long?> GetFreeMemoryMiBAsync(CancellationToken cancellationToken);

    /// <summary>Every VM of the host in as few native calls as possible. Throws rather than return an incomplete list as complete.</summary>
    Task<HostScan> ListAsync(CancellationToken cancellationToken);

    /// <summary>One VM, or null if the host does not know it. A failed look-up throws; it is never taken for "not found".</summary>
    Task<VmInfo?> GetAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>Starts a stopped or saved VM. A VM that runs already is <see cref="ErrorKind.InvalidState"/>.</summary>
    Task StartAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>Turns a VM off at once. A VM that is off already is <see cref="ErrorKind.InvalidState"/>.</summary>
    Task ForceOffAsync(VmId vm, CancellationToken cancellationToken);

    /// <summary>
    /// Changes as they happen, from the moment the enumeration begins, until cancelled. Ends with a <see cref="HypervisorException"/> of kind
    /// Transient when the connection is lost; the caller starts again and makes a full scan, since changes in between are not replayed.
    /// </summary>
    IAsyncEnumerable<DriverEvent> WatchAsync(CancellationToken cancellationToken);

    /// <summary>Guest shutdown, reboot, pause, resume, save, reset and hibernation.</summary>
    IPowerDriver? Power { get; }

    /// <summary>Defining and deleting VMs.</summary>
    IDefinitionDriver? Definition { get; }

    /// <summary>Live migration.</summary>
    IMigrationDriver? Migration { get; }

    /// <summary>Performance figures.</summary>
    IStatsDriver? Stats { get; }

    /// <summary>A VM's settings.</summary>
    ISettingsDriver? Settings => null;

    /// <summary>Checkpoints.</summary>
    ICheckpointsDriver? Checkpoints => null;

    /// <summary>Key-value pairs and files for the guest.</summary>
    IGuestDriver? Guest => null;

    /// <summary>The screen.</summary>
    IConsoleDriver? Console => null;

    /// <summary>Virtual switches.</summary>
    ISwitchesDriver? Switches => null;

    /// <summary>Exporting and importing VMs.</summary>
    IExportDriver? Export => null;

    /// <summary>Moving a VM's storage on its host.</summary>
    IStorageDriver? Storage => null;

    /// <summary>A place for the ownership epoch beside each VM, or null if the hypervisor has none. Not a facet anyone asks for: the agent uses it where it is there.</summary>
    IEpochDriver? Epochs => null;

    /// <summary>Where a VM's screen can be reached, or null if the hypervisor has no such screens.</summary>
    IDisplayDriver? Display => null;
}

/// <summary>A host's identity as its hypervisor knows it.</summary>
public sealed record HostIdentity(HostId Id, string Name);

/// <summary>A scan of a host. <see cref="Unreadable"/> is not empty when some VMs could not be read; the scan is then partial.</summary>
public sealed record HostScan(IReadOnlyList<VmInfo> Vms, IReadOnlyList<ErrorInfo> Unreadable);

/// <summary>Something happened to a VM. <paramref name="Gone"/> means that the hypervisor no longer knows it.</summary>
public sealed record DriverEvent(VmId Vm, bool Gone, string Cause);
