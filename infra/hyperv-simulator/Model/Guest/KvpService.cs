using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Guest;

/// <summary>AddKvpItems, ModifyKvpItems and RemoveKvpItems: what the host tells guests by key and value, kept in the settings of the exchange component.</summary>
internal sealed class KvpService
{
    private const string Service = "Msvm_VirtualSystemManagementService";
    private const string Settings = "Msvm_KvpExchangeComponentSettingData";
    private const ushort Pushed = 0;
    private const ushort HostOnly = 4;
    private readonly SimulatedHyperVHost host;

    public KvpService(SimulatedHyperVHost host)
    {
        this.host = host;
        host.Catalogue.Method(Service, "AddKvpItems", (_, arguments) => Change(arguments, "Adding", (pool, name, data) => pool.TryAdd(name, data)));
        host.Catalogue.Method(Service, "ModifyKvpItems", (_, arguments) => Change(arguments, "Modifying", (pool, name, data) =>
        {
            var known = pool[name] is not null;
            pool.Set(name, data);
            return known;
        }));
        host.Catalogue.Method(Service, "RemoveKvpItems", (_, arguments) => Change(arguments, "Removing", (pool, name, _) => pool.Remove(name)));
    }

    private CimInstance Change(CimInstance arguments, string doing, Func<KvpItems, string, string, bool> change)
    {
        var vm = host.FindVm(arguments.Reference("TargetSystem")) ?? throw new MethodRefused(ReturnCode.InvalidParameter, "There is no such virtual machine.");
        var items = arguments.Array<string>("DataItems").Select(text => HostServices.Embedded(text, "Msvm_KvpExchangeDataItem")).Select(Checked).ToList();
        if (items.Count == 0)
        {
            throw new MethodRefused(ReturnCode.InvalidParameter, "DataItems is empty.");
        }

        return HostJobs.Started(host.Jobs.Start(
            "Msvm_ConcreteJob",
            $"{doing} Key-Value Pairs",
            host.Options.JobDuration / 5,
            _ => Apply(vm, items, change),
            [vm.Path],
            type: JobType.ModifyVm));
    }

    private void Apply(SimulatedVm vm, List<(ushort Source, string Name, string Data)> items, Func<KvpItems, string, string, bool> change)
    {
        var settings = vm.Configuration.Of(Settings).FirstOrDefault() ?? throw new JobFailed((ushort)ReturnCode.InvalidState, $"'{vm.Name}' has no key-value pair exchange component.");
        var pools = new Dictionary<ushort, KvpItems> { [Pushed] = Read(settings, "HostExchangeItems", Pushed), [HostOnly] = Read(settings, "HostOnlyItems", HostOnly) };
        foreach (var (source, name, data) in items)
        {
            if (!change(pools[source], name, data))
            {
                throw new JobFailed((ushort)ReturnCode.InvalidParameter, $"'{vm.Name}': the key-value pair '{name}' is there already, or is not there. (0x80070057).");
            }
        }

        var changed = settings.Copy();
        changed["HostExchangeItems"] = pools[Pushed].ToTexts();
        changed["HostOnlyItems"] = pools[HostOnly].ToTexts();
        vm.Configuration.Replace(changed);
        vm.ConfiguredAt = host.Timeline.Now;
    }

    private static KvpItems Read(CimInstance settings, string property, ushort source)
    {
        var pool = new KvpItems(source);
        foreach (var item in settings.Array<string>(property).Select(CimXml.Read))
        {
            pool.Set(item.String("Name")!, item.String("Data") ?? string.Empty);
        }

        return pool;
    }

    private static (ushort Source, string Name, string Data) Checked(CimInstance item)
    {
        var source = item.Number("Source") ?? -1;
        var name = item.String("Name") ?? string.Empty;
        var data = item.String("Data") ?? string.Empty;
        return source is Pushed or HostOnly && name.Length is > 0 and <= KvpItems.MaxNameLength && data.Length <= KvpItems.MaxDataLength
            ? ((ushort)source, name, data)
            : throw new MethodRefused(ReturnCode.InvalidParameter, $"Source is 0 or 4, a name has 1 to {KvpItems.MaxNameLength} characters, a value at most {KvpItems.MaxDataLength}.");
    }
}
