using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Guest;

/// <summary>
/// <c>Msvm_GuestNetworkAdapterConfiguration</c>: the addresses that guests have on their adapters. There is one for each adapter; it says something while the guest answers.
/// </summary>
internal sealed class GuestNetworks
{
    private const string Configuration = "Msvm_GuestNetworkAdapterConfiguration";
    private const string Adapter = "Msvm_SyntheticEthernetPortSettingData";
    private const string Prefix = @"Microsoft:GuestNetwork\";
    private readonly SimulatedHyperVHost host;

    public GuestNetworks(SimulatedHyperVHost host)
    {
        this.host = host;
        var catalogue = host.Catalogue;
        catalogue.Add(
            Configuration,
            () => host.Vms.Values.SelectMany(vm => vm.Configuration.Of(Adapter).Select(adapter => Instance(vm, adapter))),
            path => Find(path) is { } found ? Instance(found.Vm, found.Adapter) : null);
        catalogue.Associate(
            "Msvm_SettingDataComponent", "GroupComponent", "PartComponent",
            left => left.ClassName == Adapter && host.FindConfiguration(left["InstanceID"]) is var (vm, configuration) && configuration == vm.Configuration && !vm.IsPlanned && configuration.Find(left["InstanceID"]!) is { } adapter
                ? [new CimPath(Configuration, ("InstanceID", IdOf(vm, adapter)))] : [],
            right => right.ClassName == Configuration && Find(right) is { } found ? [catalogue.PathOf(found.Adapter)] : []);
        catalogue.Method("Msvm_VirtualSystemManagementService", "SetGuestNetworkAdapterConfiguration", (_, arguments) => Set(arguments));
    }

    private CimInstance Set(CimInstance arguments)
    {
        var vm = host.FindVm(arguments.Reference("ComputerSystem")) ?? throw new MethodRefused(ReturnCode.InvalidParameter, "There is no such virtual machine.");
        var wanted = arguments.Array<string>("NetworkConfiguration").Select(text => HostServices.Embedded(text, Configuration)).ToList();
        if (wanted.Count == 0 || wanted.Exists(one => Find(new CimPath(Configuration, ("InstanceID", one.String("InstanceID") ?? string.Empty)))?.Vm != vm || one.Array<string>("IPAddresses").Any(address => !System.Net.IPAddress.TryParse(address, out _))))
        {
            throw new MethodRefused(ReturnCode.InvalidParameter, "A configuration names no adapter of the virtual machine, or an address is none.");
        }

        return HostJobs.Started(host.Jobs.Start(
            "Msvm_ConcreteJob",
            "Setting Guest Network Adapter Configuration",
            host.Options.JobDuration,
            _ =>
            {
                if (!Answers(vm))
                {
                    throw new JobFailed((ushort)ReturnCode.InvalidState, $"The guest of '{vm.Name}' does not answer. (0x800710DF).");
                }

                foreach (var one in wanted)
                {
                    vm.Guest.Networks[one.String("InstanceID")!] = one;
                }
            },
            [vm.Path],
            type: JobType.ModifyVm));
    }

    private CimInstance Instance(SimulatedVm vm, CimInstance adapter)
    {
        var id = IdOf(vm, adapter);
        var instance = CimBlank.Of(Configuration);
        var set = vm.Guest.Networks.GetValueOrDefault(id);
        var addresses = !Answers(vm) ? [] : set is { } own && own.Boolean("DHCPEnabled") != true ? own.Array<string>("IPAddresses").ToArray() : AddressesOf(vm, adapter);
        instance["DefaultGateways"] = set?["DefaultGateways"] ?? addresses.Select(_ => "10.0.0.1").ToArray();
        instance["DHCPEnabled"] = set?.Boolean("DHCPEnabled") ?? true;
        instance["DNSServers"] = set?["DNSServers"] ?? addresses.Select(_ => "10.0.0.2").ToArray();
        instance["InstanceID"] = id;
        instance["IPAddresses"] = addresses;
        instance["IPAddressOrigins"] = addresses.Select(_ => (ushort)(set is null ? 1 : 2)).ToArray();
        instance["ProtocolIFType"] = (ushort)4096;
        instance["Subnets"] = set is not null && addresses.Length > 0 ? set["Subnets"] ?? addresses.Select(_ => "255.0.0.0").ToArray() : addresses.Select(_ => "255.0.0.0").ToArray();
        return instance;
    }

    /// <summary>The address of an adapter that is connected: the guest has one for each of these, in their order.</summary>
    private static string[] AddressesOf(SimulatedVm vm, CimInstance adapter)
    {
        var connected = vm.Configuration.Of(Adapter).Where(one => IsConnected(vm, one)).ToList();
        var index = connected.FindIndex(one => one.String("InstanceID") == adapter.String("InstanceID"));
        var all = SimulatedGuest.Addresses(vm).ToList();
        return index >= 0 && index < all.Count ? [all[index]] : [];
    }

    private static bool IsConnected(SimulatedVm vm, CimInstance adapter) => vm.Configuration.Of("Msvm_EthernetPortAllocationSettingData")
        .Any(one => one.String("InstanceID")!.StartsWith(adapter.String("InstanceID")! + @"\", StringComparison.OrdinalIgnoreCase) && one.Array<string>("HostResource") is [{ Length: > 0 }, ..]);

    private bool Answers(SimulatedVm vm) => vm.State == VmState.Running && vm.Guest.Answers(host.Timeline.Now, host.Options.GuestBootDuration);

    private (SimulatedVm Vm, CimInstance Adapter)? Find(CimPath path)
    {
        if (path["InstanceID"] is not { } id || !id.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || id.Length < Prefix.Length + 37 || !host.Vms.TryGetValue(id.Substring(Prefix.Length, 36), out var vm))
        {
            return null;
        }

        return vm.Configuration.Of(Adapter).FirstOrDefault(one => id.Equals(IdOf(vm, one), StringComparison.OrdinalIgnoreCase)) is { } adapter ? (vm, adapter) : null;
    }

    private static string IdOf(SimulatedVm vm, CimInstance adapter) => $@"{Prefix}{vm.Key}\{adapter.String("InstanceID")!.Split('\\')[^1]}";
}
