using System.Text;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model.Migration;

/// <summary><c>Msvm_VirtualSystemMigrationService</c> of a host, with its settings, networks and capabilities.</summary>
internal sealed class MigrationService
{
    private const string Service = "Msvm_VirtualSystemMigrationService";
    private const string Settings = "Msvm_VirtualSystemMigrationServiceSettingData";
    private const string Network = "Msvm_VirtualSystemMigrationNetworkSettingData";
    private const uint CheckNotSupported = 1;
    private const uint CheckTimeout = 3;
    private const uint CheckInvalidParameter = 4;
    private const uint NotCompatible = 32784;
    private static readonly HashSet<string> WritableSettings = new(StringComparer.OrdinalIgnoreCase)
    {
        "AuthenticationType", "EnableCompression", "EnableSmbTransport", "EnableVirtualSystemMigration", "MaximumActiveStorageMigration", "MaximumActiveVirtualSystemMigration",
    };

    private static readonly HashSet<string> WritableNetwork = new(StringComparer.OrdinalIgnoreCase) { "Metric", "PrefixLength", "SubnetNumber", "Tags" };
    private readonly SimulatedHyperVHost host;
    private readonly List<Migration> outgoing = [];
    private readonly List<Migration> expected = [];
    private readonly List<CimInstance> networks = [];
    private readonly CimInstance service;
    private CimInstance settings;

    public MigrationService(SimulatedHyperVHost host)
    {
        this.host = host;
        settings = NewSettings();
        service = HostServices.Instance(host, Service, "vmms", "Hyper-V Virtual System Migration Service");
        Register(host.Catalogue);
    }

    public bool IsEnabled => settings.Boolean("EnableVirtualSystemMigration") == true;

    public int MostActive => (int)settings.Number("MaximumActiveVirtualSystemMigration")!.Value;

    /// <summary>Memory kept free for machines that are on their way here, MB.</summary>
    public long ReservedMb => Prune(expected).Sum(one => one.ReservedMb);

    /// <summary>Migrations of virtual machines from here and to here, without <paramref name="but"/>.</summary>
    public int ActiveCount(Migration? but = null) => Prune(outgoing).Concat(Prune(expected)).Count(one => one != but && one.Request.MovesSystem);

    /// <summary>Whether a migration is expected here.</summary>
    public bool IsExpected(Migration migration) => expected.Contains(migration);

    /// <summary>Keeps room for a machine that is on its way here. Under this host's lock.</summary>
    public void Expect(Migration migration) => expected.Add(migration);

    /// <summary>Power is lost: nothing is expected any more.</summary>
    public void Forget() => expected.Clear();

    /// <summary>Whether the virtual machine is on its way elsewhere.</summary>
    public bool IsMoving(SimulatedVm vm) => Prune(outgoing).Any(one => one.Vm == vm);

    private void Register(CimCatalogue catalogue)
    {
        HostServices.Add(host, service, Current);
        HostServices.AddSingle(host, Settings, () => settings);
        var capabilities = NewCapabilities();
        HostServices.AddSingle(host, "Msvm_VirtualSystemMigrationCapabilities", () => capabilities);
        catalogue.Add(Network, () => networks, path => networks.Find(one => string.Equals(one.String("InstanceID"), path["InstanceID"], StringComparison.OrdinalIgnoreCase)));
        var path = catalogue.PathOf(service);
        var settingsPath = catalogue.PathOf(settings);
        HostServices.Pair(host, "Msvm_ElementSettingData", "ManagedElement", path, "SettingData", settingsPath);
        HostServices.Pair(host, "Msvm_ElementCapabilities", "ManagedElement", path, "Capabilities", catalogue.PathOf(capabilities));
        catalogue.Associate(
            "Msvm_VirtualSystemMigrationServiceSettingDataComponent", "GroupComponent", "PartComponent",
            left => left.Equals(settingsPath) ? networks.Select(catalogue.PathOf) : [],
            right => networks.Exists(one => catalogue.PathOf(one).Equals(right)) ? [settingsPath] : []);
        catalogue.Method(Service, "MigrateVirtualSystemToHost", (_, arguments) => Start(Planned(arguments, ReturnCode.InvalidParameter)));
        catalogue.Method(Service, "CheckVirtualSystemIsMigratable", (_, arguments) => StartCheck(Planned(arguments, ReturnCode.InvalidParameter)));
        catalogue.Method(Service, "CheckVirtualSystemIsMigratableToHost", (_, arguments) => Check(Planned(arguments, CheckInvalidParameter)));

        // A machine goes to a host by its name; to a system object of another host it cannot be sent, as the capabilities say.
        catalogue.Method(Service, "MigrateVirtualSystemToSystem", (_, _) => CimBlank.Result(CheckNotSupported));
        catalogue.Method(Service, "CheckVirtualSystemIsMigratableToSystem", (_, _) => CimBlank.Result(CheckNotSupported));
        catalogue.Method(Service, "ModifyServiceSettings", (_, arguments) => Modify(arguments));
        catalogue.Method(Service, "AddNetworkSettings", (_, arguments) => AddNetworks(arguments));
        catalogue.Method(Service, "ModifyNetworkSettings", (_, arguments) => ModifyNetworks(arguments));
        catalogue.Method(Service, "RemoveNetworkSettings", (_, arguments) => RemoveNetworks(arguments));
        catalogue.Method(Service, "GetSystemCompatibilityInfo", (_, arguments) => CimBlank.Result(0, ("CompatibilityInfo", CompatibilityOf(VmOf(arguments, ReturnCode.InvalidParameter)))));
        catalogue.Method(Service, "CheckSystemCompatibilityInfo", (_, arguments) => CheckCompatibility(arguments));
    }

    private CimInstance Current()
    {
        var now = service.Copy();
        now["ActiveVirtualSystemMigrationCount"] = (uint)ActiveCount();
        now["ActiveStorageMigrationCount"] = (uint)Prune(outgoing).Count(one => one.Request.Type == MigrationType.Storage);
        now["MigrationServiceListenerIPAddressList"] = IsEnabled ? host.MigrationAddresses.ToArray() : [];
        return now;
    }

    private CimInstance Start(Migration migration)
    {
        if (migration.StateAtStart is not (VmState.Running or VmState.Off or VmState.Saved or VmState.Paused))
        {
            throw new MethodRefused(ReturnCode.InvalidState, $"'{migration.Vm.Name}' is {migration.StateAtStart}.");
        }

        if (IsMoving(migration.Vm) || host.IsBusy(migration.Vm))
        {
            throw new MethodRefused(ReturnCode.InUse, $"'{migration.Vm.Name}' is being moved or otherwise worked on.");
        }

        var run = new MigrationRun(migration);
        var job = StartJob(migration, MigrationRun.DurationOf(migration), _ => { }, _ => run.GiveUp(), open: true);
        migration.Job = host.Jobs.Find(job);
        outgoing.Add(migration);
        run.Begin();
        return HostJobs.Started(job);
    }

    private CimInstance Check(Migration migration)
    {
        if (Problems(migration) is not { } problems)
        {
            return CimBlank.Result(CheckTimeout, ("IsMigratable", false));
        }

        return CimBlank.Result(0, ("IsMigratable", problems.Count == 0));
    }

    private CimInstance StartCheck(Migration migration) => HostJobs.Started(StartJob(
        migration,
        host.Options.JobDuration,
        _ =>
        {
            var problems = Problems(migration) ?? [$"The host '{migration.Request.DestinationHost}' is busy. (0x800705B4)."];
            if (problems.Count > 0)
            {
                throw new JobFailed((ushort)ReturnCode.Failed, $"The virtual machine '{migration.Vm.Name}' cannot be moved to host '{migration.Request.DestinationHost}'.\n\n{string.Join("\n\n", problems)}", [.. problems]);
            }
        },
        _ => { },
        open: false));

    /// <summary>What speaks against a migration; null if the destination's lock could not be had.</summary>
    private IReadOnlyList<string>? Problems(Migration migration)
    {
        if (migration.Request.Type == MigrationType.Storage)
        {
            return [];
        }

        var destination = host.Fleet?.Find(migration.Request.DestinationHost);
        if (MigrationChecks.Connection(host, destination, migration.Request) is { } problem)
        {
            return [problem];
        }

        // Of two hosts that ask each other at the same time, the one that is later in the alphabet gives up soon, and the other gets its answer.
        var wait = TimeSpan.FromMilliseconds(string.CompareOrdinal(host.Name, destination!.Name) < 0 ? 2000 : 200);
        if (!destination.Gate.TryEnter(wait))
        {
            return null;
        }

        try
        {
            return MigrationChecks.Destination(migration, destination);
        }
        finally
        {
            destination.Gate.Exit();
        }
    }

    private CimPath StartJob(Migration migration, TimeSpan duration, Action<HostJob> effect, Action<HostJob> onCancel, bool open)
    {
        var request = migration.Request;
        return host.Jobs.Start(
            "Msvm_MigrationJob",
            request.Type == MigrationType.Storage ? "Moving Storage" : "Moving Virtual Machine",
            duration,
            effect,
            [VmPath.Of(migration.Vm)],
            onCancel,
            (JobType)request.JobType,
            host.Catalogue.PathOf(service),
            instance =>
            {
                instance["DestinationHost"] = request.DestinationHost;
                instance["MigrationType"] = (ushort)request.Type;
                instance["NewResourceSettingData"] = request.NewResources.Select(CimXml.Write).ToArray();
                instance["NewSystemSettingData"] = request.NewSystem is { } system ? CimXml.Write(system) : string.Empty;
                instance["VirtualSystemName"] = migration.Vm.Key;
            },
            open);
    }

    private Migration Planned(CimInstance arguments, uint invalid)
    {
        var vm = VmOf(arguments, invalid);
        var request = MigrationRequest.Read(arguments, invalid);
        var unknown = request.NewResources.FirstOrDefault(one => vm.Configuration.Find(one.String("InstanceID") ?? string.Empty) is null);
        if (unknown is not null)
        {
            throw new MethodRefused(invalid, $"'{vm.Name}' has no resource {unknown.String("InstanceID")}.");
        }

        try
        {
            return new Migration(host, vm, request)
            {
                Storage = StoragePlan.Of(host, vm, request),
                Memory = MemoryPlan.Of(vm, request, host.Options.NetworkBytesPerSecond),
            };
        }
        catch (StorageFault fault)
        {
            throw new MethodRefused(invalid, fault.Message);
        }
    }

    private SimulatedVm VmOf(CimInstance arguments, uint invalid) =>
        arguments.Reference("ComputerSystem") is { ClassName: var className } path && className.Equals("Msvm_ComputerSystem", StringComparison.OrdinalIgnoreCase) && host.Vms.TryGetValue(path["Name"] ?? string.Empty, out var vm)
            ? vm
            : throw new MethodRefused(invalid, "There is no such virtual machine.");

    private CimInstance Modify(CimInstance arguments)
    {
        var wanted = HostServices.Embedded(arguments.String("ServiceSettingData"), Settings);
        if (wanted.Number("MaximumActiveVirtualSystemMigration") is < 1 or > 1000 || wanted.Number("MaximumActiveStorageMigration") is < 1 or > 1000 || wanted.Number("AuthenticationType") is > 1)
        {
            throw new MethodRefused(ReturnCode.InvalidParameter, "A number is out of its range.");
        }

        settings = HostServices.Changed(settings, wanted, WritableSettings);
        return CimBlank.Result(0);
    }

    private CimInstance AddNetworks(CimInstance arguments)
    {
        var added = arguments.Array<string>("NetworkSettings").Select(text => HostServices.Embedded(text, Network)).Select(Checked).ToList();
        foreach (var one in added)
        {
            var made = CimBlank.Of(Network);
            made["Caption"] = "Virtual System Migration Network Settings";
            made["ElementName"] = "Virtual System Migration Network Settings";
            made["InstanceID"] = $@"Microsoft:{VmConfiguration.Key(host.NewId())}";
            made["Metric"] = 0u;
            networks.Add(HostServices.Changed(made, one, WritableNetwork));
        }

        return CimBlank.Result(0);
    }

    private CimInstance ModifyNetworks(CimInstance arguments)
    {
        var changes = arguments.Array<string>("NetworkSettings").Select(text => HostServices.Embedded(text, Network)).Select(Checked).Select(one => (Index: IndexOf(one.String("InstanceID")), Wanted: one)).ToList();
        foreach (var (index, wanted) in changes)
        {
            networks[index] = HostServices.Changed(networks[index], wanted, WritableNetwork);
        }

        return CimBlank.Result(0);
    }

    private CimInstance RemoveNetworks(CimInstance arguments)
    {
        foreach (var one in arguments.Array<CimPath>("NetworkSettings").Select(path => networks[IndexOf(path["InstanceID"])]).ToList())
        {
            networks.Remove(one);
        }

        return CimBlank.Result(0);
    }

    private int IndexOf(string? id) => networks.FindIndex(one => string.Equals(id, one.String("InstanceID"), StringComparison.OrdinalIgnoreCase)) is >= 0 and var index
        ? index
        : throw new MethodRefused(ReturnCode.InvalidParameter, "There are no such network settings.");

    private static CimInstance Checked(CimInstance network) =>
        (!network.Has("SubnetNumber") || System.Net.IPAddress.TryParse(network.String("SubnetNumber"), out _)) && network.Number("PrefixLength") is null or <= 128
            ? network
            : throw new MethodRefused(ReturnCode.InvalidParameter, "SubnetNumber is an address, PrefixLength at most 128.");

    private byte[] CompatibilityOf(SimulatedVm vm) => Encoding.UTF8.GetBytes($"{host.Options.ProcessorVendor}\n{vm.Configuration.Settings.String("Version")}");

    private CimInstance CheckCompatibility(CimInstance arguments)
    {
        var parts = Encoding.UTF8.GetString([.. arguments.Array<byte>("CompatibilityInfo")]).Split('\n');
        if (parts.Length != 2)
        {
            throw new MethodRefused(ReturnCode.InvalidParameter, "The compatibility information is none.");
        }

        var reasons = new List<string>();
        if (parts[0] != host.Options.ProcessorVendor)
        {
            reasons.Add("The virtual machine uses processor-specific features that this computer does not support.");
        }

        if (!host.Options.VmVersions.Contains(parts[1]))
        {
            reasons.Add($"This computer does not support configuration version {parts[1]}.");
        }

        return CimBlank.Result(reasons.Count == 0 ? 0 : NotCompatible, ("Reasons", reasons.Select(reason => CimXml.Write(new CimInstance("Msvm_Error") { ["ErrorType"] = (ushort)4, ["Message"] = reason })).ToArray()));
    }

    private static List<Migration> Prune(List<Migration> migrations)
    {
        migrations.RemoveAll(one => !one.IsActive);
        return migrations;
    }

    private static CimInstance NewSettings()
    {
        var instance = CimBlank.Of(Settings);
        instance["AuthenticationType"] = 1u;
        instance["Caption"] = "Virtual System Migration Service Settings";
        instance["Description"] = "Settings of the migration service.";
        instance["ElementName"] = "Virtual System Migration Service Settings";
        instance["EnableCompression"] = true;
        instance["EnableSmbTransport"] = false;
        instance["EnableVirtualSystemMigration"] = true;
        instance["InstanceID"] = "Microsoft:MigrationServiceSettings";
        instance["MaximumActiveStorageMigration"] = 2u;
        instance["MaximumActiveVirtualSystemMigration"] = 2u;
        return instance;
    }

    private static CimInstance NewCapabilities()
    {
        var instance = CimBlank.Of("Msvm_VirtualSystemMigrationCapabilities");
        instance["AsynchronousMethodsSupported"] = new ushort[] { 2, 32768 };
        instance["Caption"] = "Virtual System Migration Capabilities";
        instance["DestinationHostFormatsSupported"] = new ushort[] { 2, 3, 4 };
        instance["ElementName"] = "Virtual System Migration Capabilities";
        instance["InstanceID"] = "Microsoft:MigrationCapabilities";
        instance["SynchronousMethodsSupported"] = new ushort[] { 4 };
        return instance;
    }
}
