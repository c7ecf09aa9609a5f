using HvPlatform.Contracts.Hosts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>The switches facet. What a switch is connected to tells its kind: a physical adapter makes it external, the host itself internal, neither private.</summary>
internal sealed class HyperVSwitches(HyperVConnector connector) : ISwitchesDriver
{
    private const string Switch = "Msvm_VirtualEthernetSwitch";

    public Task<HostSwitches> ListAsync(CancellationToken cancellationToken) => connector.RunAsync(
        "Cannot list the virtual switches",
        async session =>
        {
            var found = new List<HostSwitch>();
            foreach (var one in await AllAsync(session, cancellationToken))
            {
                var kind = await KindAsync(session, one, cancellationToken);
                found.Add(new HostSwitch { Id = one.String("Name") ?? "", Name = one.String("ElementName") ?? "", Kind = kind });
            }

            return new HostSwitches { Switches = [.. found.OrderBy(s => s.Name, StringComparer.Ordinal)] };
        },
        cancellationToken);

    /// <summary>The path of the switch with this id, or with this name if only one has it. None, or several, is an error. Throws <see cref="CimException"/>.</summary>
    public static async Task<CimPath> FindAsync(ICimSession session, string switchIdOrName, string where, CancellationToken cancellationToken)
    {
        var all = await AllAsync(session, cancellationToken);
        var byId = all.Where(s => string.Equals(s.String("Name"), switchIdOrName, StringComparison.OrdinalIgnoreCase)).ToList();
        var found = byId.Count > 0 ? byId : [.. all.Where(s => s.String("ElementName") == switchIdOrName)];
        return found.Count switch
        {
            1 => PathOf(found[0]),
            0 => throw HyperVErrors.SwitchNotFound(switchIdOrName, where),
            _ => throw HyperVErrors.Validation("switch", $"{found.Count} switches of {where} are called '{HyperVErrors.Short(switchIdOrName)}'; name it by its id.", where),
        };
    }

    /// <summary>Names of switches by their ids, upper case.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> NamesAsync(ICimSession session, CancellationToken cancellationToken) =>
        (await AllAsync(session, cancellationToken)).GroupBy(s => (s.String("Name") ?? "").ToUpperInvariant()).ToDictionary(g => g.Key, g => g.First().String("ElementName") ?? "");

    private static Task<List<CimInstance>> AllAsync(ICimSession session, CancellationToken cancellationToken) =>
        HyperVMachine.ListAsync(session.EnumerateAsync(CimPath.Virtualization, Switch, cancellationToken));

    private static CimPath PathOf(CimInstance one) => new(Switch, ("CreationClassName", one.String("CreationClassName") ?? Switch), ("Name", one.String("Name") ?? ""));

    private static async Task<string> KindAsync(ICimSession session, CimInstance one, CancellationToken cancellationToken)
    {
        var settings = await HyperVMachine.ListAsync(session.AssociatorsAsync(PathOf(one), "Msvm_SettingsDefineState", "Msvm_VirtualEthernetSwitchSettingData", cancellationToken));
        var targets = new List<string>();
        foreach (var setting in settings)
        {
            var path = new CimPath("Msvm_VirtualEthernetSwitchSettingData", ("InstanceID", setting.String("InstanceID") ?? ""));
            var connections = await HyperVMachine.ListAsync(session.AssociatorsAsync(path, "Msvm_VirtualSystemSettingDataComponent", "Msvm_EthernetPortAllocationSettingData", cancellationToken));
            targets.AddRange(connections.SelectMany(c => c.Array<string>("HostResource")).Select(text => CimPath.TryParse(text, out var target) ? target!.ClassName : ""));
        }

        return targets.Contains("Msvm_ExternalEthernetPort", StringComparer.OrdinalIgnoreCase) ? "external"
            : targets.Contains("Msvm_ComputerSystem", StringComparer.OrdinalIgnoreCase) ? "internal"
            : "private";
    }
}
