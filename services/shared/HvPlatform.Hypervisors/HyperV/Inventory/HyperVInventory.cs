using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Reads a host's VMs. All of them: one query per class, joined here by <c>InstanceID</c>, and the summaries in bulk; never a query per VM. One of them: its settings and what
/// is associated with them.
/// Theory: the list of VMs is read first. What is read afterwards of a VM that is not in it (a snapshot's settings, a planned VM's, a VM made meanwhile) is dropped; a VM of
/// which the settings are missing afterwards was deleted meanwhile if the host says so when asked once more, and is otherwise reported as unreadable.
/// </summary>
internal sealed class HyperVInventory(HyperVConnector connector, HyperVServices services)
{
    private const string SystemMembers =
        "Name, ElementName, EnabledState, OperationalStatus, StatusDescriptions, HealthState, TimeOfLastStateChange, TimeOfLastConfigurationChange, OnTimeInMilliseconds, EnhancedSessionModeState, "
        + "ReplicationState, ReplicationHealth, ReplicationMode, LastReplicationTime, LastSuccessfulBackupTime";

    private const string SettingsMembers =
        "InstanceID, ElementName, VirtualSystemType, VirtualSystemSubType, Version, Notes, CreationTime, AutomaticSnapshotsEnabled, IncrementalBackupEnabled, EnhancedSessionTransportType, SecureBootEnabled, "
        + "SecureBootTemplateId, GuestStateIsolationEnabled, GuestStateIsolationType";

    /// <summary>The classes that belong to a VM by their <c>InstanceID</c>, with the members that are read.</summary>
    private static readonly (string ClassName, string Members)[] SettingClasses =
    [
        ("Msvm_ProcessorSettingData", "InstanceID, VirtualQuantity"),
        ("Msvm_MemorySettingData", "InstanceID, VirtualQuantity, Reservation, Limit, DynamicMemoryEnabled"),
        ("Msvm_StorageAllocationSettingData", "InstanceID, HostResource, Parent"),
        ("Msvm_SyntheticEthernetPortSettingData", "InstanceID, Address"),
        ("Msvm_EmulatedEthernetPortSettingData", "InstanceID, Address"),
        ("Msvm_EthernetPortAllocationSettingData", "InstanceID, Parent, HostResource, EnabledState, LastKnownSwitchName"),
        ("Msvm_SecuritySettingData", "InstanceID, TpmEnabled, ShieldingRequested, EncryptStateAndVmMigrationTraffic"),
        ("Msvm_GuestServiceInterfaceComponentSettingData", "InstanceID, EnabledState"),
    ];

    private const string KvpClass = "Msvm_KvpExchangeComponent";
    private const string KvpMembers = "SystemName, GuestIntrinsicExchangeItems";
    private const string GuestNetworkClass = "Msvm_GuestNetworkAdapterConfiguration";
    private const string GuestNetworkMembers = "InstanceID, IPAddresses, Subnets";
    private const string ReplicationClass = "Msvm_ReplicationSettingData";
    private const string ReplicationMembers = "InstanceID, VirtualSystemIdentifier, ReplicationInterval";

    private readonly ClassReader classes = new();
    private readonly SummaryReader summaries = new(services);
    private readonly GuestMemory guests = new();

    /// <summary>Every VM.</summary>
    public async Task<HostScan> ListAsync(ICimSession session, CancellationToken cancellationToken)
    {
        var vms = new Dictionary<VmId, VmFacts>();
        foreach (var system in await classes.ReadAsync(session, VmPaths.System, SystemMembers, cancellationToken))
        {
            if (VmPaths.OfName(system.String("Name")) is { } id)
            {
                vms[id] = new VmFacts(id, system);
            }
        }

        var reads = SettingClasses.Select(one => classes.ReadAsync(session, one.ClassName, one.Members, cancellationToken)).ToList();
        var settings = classes.ReadAsync(session, VmPaths.Settings, SettingsMembers, cancellationToken, $"VirtualSystemType = '{VmPaths.Realized}'");
        var silent = guests.Recall(vms.Values, connector.Time.GetUtcNow());
        var kvp = ReadPairsAsync(session, silent, cancellationToken);
        var networks = classes.ReadAsync(session, GuestNetworkClass, GuestNetworkMembers, cancellationToken);
        var replications = vms.Values.Any(IsReplicated) ? classes.ReadAsync(session, ReplicationClass, ReplicationMembers, cancellationToken) : Task.FromResult<List<CimInstance>>([]);
        var switches = ReadSwitchesAsync(session, cancellationToken);
        var summary = summaries.ReadAsync(session, [.. vms.Values.Where(HasMore).Select(vm => vm.Id)], connector.Where, cancellationToken);
        await Task.WhenAll([.. reads, settings, kvp, networks, replications, switches, summary]);

        foreach (var one in (await settings).Where(one => one.String("VirtualSystemType") == VmPaths.Realized))
        {
            if (Find(vms, VmPaths.OwnerOf(one.String("InstanceID"))) is { } vm)
            {
                vm.Settings = one;
            }
        }

        foreach (var read in reads)
        {
            foreach (var one in await read)
            {
                Find(vms, VmPaths.OwnerOf(one.String("InstanceID")))?.Add(one);
            }
        }

        foreach (var (id, one) in await summary)
        {
            vms[id].Summary = one;
        }

        AddGuests(vms, await kvp, await networks, await replications);
        guests.Keep(silent, vms, connector.Time.GetUtcNow());
        return Describe(vms.Values, await switches);
    }

    /// <summary>One VM, or null if the host does not know it.</summary>
    public async Task<VmInfo?> GetAsync(ICimSession session, VmId vm, CancellationToken cancellationToken)
    {
        if (await FindAsync(session, vm, cancellationToken) is not { } system)
        {
            return null;
        }

        var facts = new VmFacts(vm, system);
        var settings = session.GetAsync(VmPaths.SettingsOf(vm), cancellationToken);
        var components = ComponentsAsync(session, vm, facts, cancellationToken);
        var kvp = classes.ReadAsync(session, KvpClass, KvpMembers, cancellationToken, $"SystemName = '{VmPaths.Key(vm)}'");
        var networks = classes.ReadAsync(session, GuestNetworkClass, GuestNetworkMembers, cancellationToken, $"InstanceID LIKE '%{VmPaths.Key(vm)}%'");
        var replications = IsReplicated(facts) ? classes.ReadAsync(session, ReplicationClass, ReplicationMembers, cancellationToken) : Task.FromResult<List<CimInstance>>([]);
        var switches = ReadSwitchesAsync(session, cancellationToken);
        var summary = summaries.ReadAsync(session, [vm], connector.Where, cancellationToken);
        try
        {
            await Task.WhenAll(settings, components, kvp, networks, replications, switches, summary);
        }
        catch (CimException) when (!cancellationToken.IsCancellationRequested)
        {
            // Deleted between the two questions; anything else is an error.
            if (await FindAsync(session, vm, cancellationToken) is null)
            {
                return null;
            }

            throw;
        }

        facts.Settings = await settings;
        facts.Summary = (await summary).GetValueOrDefault(vm);
        if (facts.Settings is null && await FindAsync(session, vm, cancellationToken) is null)
        {
            return null;
        }

        AddGuests(new Dictionary<VmId, VmFacts> { [vm] = facts }, await kvp, await networks, await replications);
        return new VmInfoReader(await switches, connector.Options.SharedPaths).Read(facts, connector.Time.GetUtcNow());
    }

    /// <summary>The VM's <c>Msvm_ComputerSystem</c>, or null if the host does not know it.</summary>
    public static async Task<CimInstance?> FindAsync(ICimSession session, VmId vm, CancellationToken cancellationToken)
    {
        try
        {
            return await session.GetAsync(VmPaths.Of(vm), cancellationToken);
        }
        catch (CimException error) when (error.Kind is CimErrorKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>The pairs of VMs: of a few by themselves, of many by reading the class.</summary>
    private async Task<List<CimInstance>> ReadPairsAsync(ICimSession session, List<VmFacts> vms, CancellationToken cancellationToken)
    {
        const int few = 8;
        return vms.Count == 0
            ? []
            : await classes.ReadAsync(session, KvpClass, KvpMembers, cancellationToken, vms.Count > few ? null : string.Join(" OR ", vms.Select(vm => $"SystemName = '{VmPaths.Key(vm.Id)}'")));
    }

    private HostScan Describe(IEnumerable<VmFacts> vms, Dictionary<string, string> switches)
    {
        var reader = new VmInfoReader(switches, connector.Options.SharedPaths);
        var now = connector.Time.GetUtcNow();
        var read = new List<VmInfo>();
        var unreadable = new List<ErrorInfo>();
        foreach (var vm in vms)
        {
            try
            {
                read.Add(reader.Read(vm, now));
            }
            catch (CimException error)
            {
                unreadable.Add(HyperVErrors.Of(error, $"Cannot read VM {vm.Id}", connector.Where));
            }
        }

        return new HostScan(read, unreadable);
    }

    private static async Task ComponentsAsync(ICimSession session, VmId vm, VmFacts facts, CancellationToken cancellationToken)
    {
        await foreach (var component in session.AssociatorsAsync(VmPaths.SettingsOf(vm), "Msvm_VirtualSystemSettingDataComponent", null, cancellationToken))
        {
            facts.Add(component);
        }
    }

    private async Task<Dictionary<string, string>> ReadSwitchesAsync(ICimSession session, CancellationToken cancellationToken)
    {
        var names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var one in await classes.ReadAsync(session, "Msvm_VirtualEthernetSwitch", "Name, ElementName", cancellationToken))
        {
            if (one.String("Name") is { } key)
            {
                names[key] = one.String("ElementName") ?? key;
            }
        }

        return names;
    }

    private static void AddGuests(Dictionary<VmId, VmFacts> vms, List<CimInstance> kvp, List<CimInstance> networks, List<CimInstance> replications)
    {
        foreach (var one in kvp)
        {
            if (Find(vms, VmPaths.OfName(one.String("SystemName"))) is { } vm)
            {
                vm.Kvp = one;
            }
        }

        foreach (var one in networks)
        {
            foreach (var part in one.String("InstanceID")?.Split('\\', ':') ?? [])
            {
                if (Find(vms, VmPaths.OfName(part)) is { } vm)
                {
                    vm.GuestNetworks.Add(one);
                    break;
                }
            }
        }

        foreach (var one in replications)
        {
            if (Find(vms, VmPaths.OfName(one.String("VirtualSystemIdentifier")) ?? VmPaths.OwnerOf(one.String("InstanceID"))) is { } vm)
            {
                vm.Replication = one;
            }
        }
    }

    /// <summary>Of a VM that is off a summary says nothing that its settings do not.</summary>
    private static bool HasMore(VmFacts vm) => vm.System.Number("EnabledState") is not HyperVState.Off || IsReplicated(vm);

    private static bool IsReplicated(VmFacts vm) => vm.System.Number("ReplicationMode") is > 0;

    private static VmFacts? Find(Dictionary<VmId, VmFacts> vms, VmId? id) => id is { } known ? vms.GetValueOrDefault(known) : null;
}
