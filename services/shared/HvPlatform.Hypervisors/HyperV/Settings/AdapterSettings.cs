using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Network adapters. The adapter (<c>Msvm_SyntheticEthernetPortSettingData</c>) has a connection beneath it (<c>Msvm_EthernetPortAllocationSettingData</c>) whose
/// <c>HostResource</c> is the switch, and the connection may have a VLAN as a feature.
/// </summary>
internal sealed class AdapterSettings : SettingGroup
{
    /// <summary>The class of connections.</summary>
    public const string Connection = "Msvm_EthernetPortAllocationSettingData";

    /// <summary>The class of VLAN settings.</summary>
    public const string Vlan = "Msvm_EthernetSwitchPortVlanSettingData";

    private const string Synthetic = "Msvm_SyntheticEthernetPortSettingData";
    private const string Emulated = "Msvm_EmulatedEthernetPortSettingData";
    private const ushort EthernetAdapter = 10;
    private const ushort EthernetConnection = 33;
    private const ushort Enabled = 2;
    private const ushort Disabled = 3;
    private const uint AccessMode = 1;

    public override VmSettingsState Read(SettingsContext context, VmSettingsState state) => state with
    {
        Adapters = [.. Adapters(context.Components).Select(adapter =>
        {
            var connection = ConnectionOf(context, adapter);
            return new VmAdapterState
            {
                Id = adapter.String("InstanceID")!,
                Name = adapter.String("ElementName") ?? "",
                MacAddress = MacOf(adapter),
                Switch = SwitchIdOf(connection) is { } id ? context.SwitchNames.GetValueOrDefault(id.ToUpperInvariant(), connection!.String("LastKnownSwitchName") is { Length: > 0 } last ? last : id) : null,
                VlanId = VlanOf(context, connection) is { } vlan && vlan.Number("OperationMode") == AccessMode ? (int?)vlan.Number("AccessVlanId") : null,
                Legacy = adapter.ClassName == Emulated,
            };
        })],
    };

    public override void Plan(SettingsContext context, VmSettings wanted, SettingsPlan plan)
    {
        foreach (var (change, i) in (wanted.Adapters ?? []).Select((c, i) => (c, i)))
        {
            var member = string.Create(CultureInfo.InvariantCulture, $"adapters[{i}]");
            CheckMac(change.MacAddress, member, context);
            ProcessorSettings.Within(change.VlanId, 0, 4094, $"{member}.vlanId", context);
            if (change.Action is not (VmDeviceAction.Add or VmDeviceAction.Change or VmDeviceAction.Remove))
            {
                throw HyperVErrors.Validation($"{member}.action", "must be Add, Change or Remove.", context.Machine.Where);
            }

            var adapter = Find(context, change, member);
            if (adapter is null && change.Action == VmDeviceAction.Add)
            {
                plan.Steps.Add(AddStep(context, change));
            }
            else if (adapter is not null && change.Action == VmDeviceAction.Remove)
            {
                context.Machine.Require("remove a network adapter of", Removable(context, adapter));
                plan.Steps.Add(new SettingsStep("remove a network adapter", (calls, ct) => calls.RemoveResourcesAsync([adapter], "remove a network adapter", ct)));
            }
            else if (adapter is not null)
            {
                PlanChange(context, change, adapter, plan);
            }
            else if (change.Action == VmDeviceAction.Change)
            {
                throw HyperVErrors.DeviceNotFound($"VM {context.Machine.Name}", $"network adapter '{HyperVErrors.Short(change.Adapter)}'", context.Machine.Where);
            }
        }
    }

    /// <summary>Adds an adapter as a change asks for it; for a new VM, too.</summary>
    public static SettingsStep AddStep(SettingsContext context, VmAdapterChange change) => new("add a network adapter", async (calls, ct) =>
    {
        var before = Adapters(await calls.ComponentsAsync(ct)).Select(a => a.String("InstanceID")).ToHashSet();
        var wanted = change.Switch is { Length: > 0 } name ? await calls.SwitchAsync(name, ct) : null;
        var adapter = new CimInstance(Synthetic)
        {
            ["ElementName"] = change.Adapter,
            ["ResourceType"] = EthernetAdapter,
            ["ResourceSubType"] = "Microsoft:Hyper-V:Synthetic Ethernet Port",
            ["VirtualSystemIdentifiers"] = new[] { Guid.NewGuid().ToString("B").ToUpperInvariant() },
            ["StaticMacAddress"] = change.MacAddress is { Length: > 0 },
        };
        if (change.MacAddress is { Length: > 0 } mac)
        {
            adapter["Address"] = ToHost(mac);
        }

        await calls.AddResourceAsync(adapter, "add a network adapter", ct);
        var added = Adapters(await calls.ComponentsAsync(ct)).FirstOrDefault(a => !before.Contains(a.String("InstanceID")))
            ?? throw HyperVErrors.DeviceNotFound($"VM {context.Machine.Name}", $"network adapter '{change.Adapter}', which was added just now", context.Machine.Where);
        await ConnectAsync(context, calls, added, null, wanted, ct);
        await SetVlanAsync(calls, added, null, change.VlanId, context, ct);
    });

    private static void PlanChange(SettingsContext context, VmAdapterChange change, CimInstance adapter, SettingsPlan plan)
    {
        if (change.MacAddress is { } mac)
        {
            var changed = plan.Set(adapter, "StaticMacAddress", mac.Length > 0);
            changed |= mac.Length > 0 && plan.Set(adapter, "Address", ToHost(mac));
            if (changed)
            {
                context.Machine.Require("change the MAC address of", VmPowerState.Off);
            }
        }

        if (change.Switch is null && change.VlanId is null)
        {
            return;
        }

        var connection = ConnectionOf(context, adapter);
        plan.Steps.Add(new SettingsStep("connect a network adapter", async (calls, ct) =>
        {
            if (change.Switch is { } name)
            {
                await ConnectAsync(context, calls, adapter, connection, name.Length > 0 ? await calls.SwitchAsync(name, ct) : null, ct);
            }

            await SetVlanAsync(calls, adapter, VlanOf(context, connection), change.VlanId, context, ct);
        }));
    }

    /// <summary>Makes the connection what is wanted: a switch, or none (the connection stays, switched off, and keeps its VLAN).</summary>
    private static async Task ConnectAsync(SettingsContext context, SettingsCalls calls, CimInstance adapter, CimInstance? connection, CimPath? wanted, CancellationToken cancellationToken)
    {
        if (connection is null)
        {
            if (wanted is not null)
            {
                var added = new CimInstance(Connection)
                {
                    ["ResourceType"] = EthernetConnection,
                    ["ResourceSubType"] = "Microsoft:Hyper-V:Ethernet Connection",
                    ["Parent"] = context.PathTextOf(adapter),
                    ["EnabledState"] = Enabled,
                    ["HostResource"] = new[] { wanted.ToObjectPath(context.HostName) },
                };
                await calls.AddResourceAsync(added, "connect a network adapter", cancellationToken);
            }

            return;
        }

        var now = SwitchIdOf(connection);
        var isOn = connection.Number("EnabledState") == Enabled;
        if (wanted is null ? now is null : isOn && string.Equals(now, wanted["Name"], StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        var patch = new CimInstance(Connection) { ["InstanceID"] = connection.String("InstanceID"), ["EnabledState"] = wanted is null ? Disabled : Enabled };
        if (wanted is not null)
        {
            patch["HostResource"] = new[] { wanted.ToObjectPath(context.HostName) };
        }

        await calls.ModifyResourcesAsync([patch], "connect a network adapter", cancellationToken);
    }

    private static async Task SetVlanAsync(SettingsCalls calls, CimInstance adapter, CimInstance? now, int? wanted, SettingsContext context, CancellationToken cancellationToken)
    {
        if (wanted is null || (wanted == 0 && now is null) || (now is not null && now.Number("OperationMode") == AccessMode && now.Number("AccessVlanId") == wanted))
        {
            return;
        }

        if (wanted == 0)
        {
            await calls.RemoveFeatureAsync(now!, "remove the VLAN", cancellationToken);
            return;
        }

        if (now is not null)
        {
            await calls.ModifyFeatureAsync(
                new CimInstance(Vlan) { ["InstanceID"] = now.String("InstanceID"), ["OperationMode"] = AccessMode, ["AccessVlanId"] = (ushort)wanted }, "change the VLAN", cancellationToken);
            return;
        }

        var id = adapter.String("InstanceID");
        var connection = (await calls.ComponentsAsync(cancellationToken)).FirstOrDefault(c =>
            c.ClassName == Connection && CimPath.TryParse(c.String("Parent"), out var parent) && string.Equals(parent!["InstanceID"], id, StringComparison.OrdinalIgnoreCase))
            ?? throw context.Machine.Refused(
                ErrorCategory.Validation, ErrorKind.Validation, "adapter-not-connected", $"A VLAN is a setting of a connection, and the network adapter '{adapter.String("ElementName")}' of VM {context.Machine.Name} has none.",
                "Connect it to a switch in the same change.");
        await calls.AddFeatureAsync(connection, new CimInstance(Vlan) { ["OperationMode"] = AccessMode, ["AccessVlanId"] = (ushort)wanted }, "set the VLAN", cancellationToken);
    }

    private static CimInstance? Find(SettingsContext context, VmAdapterChange change, string member)
    {
        var all = Adapters(context.Components).ToList();
        var found = all.Where(a => string.Equals(a.String("InstanceID"), change.Adapter, StringComparison.OrdinalIgnoreCase) || MacOf(a) == change.Adapter).ToList();
        found = found.Count > 0 ? found : [.. all.Where(a => a.String("ElementName") == change.Adapter)];
        return found.Count switch
        {
            0 => null,
            1 => found[0],
            _ => throw HyperVErrors.Validation($"{member}.adapter", $"{found.Count} network adapters of VM {context.Machine.Name} are called '{HyperVErrors.Short(change.Adapter)}'; name it by its id or MAC address.", context.Machine.Where),
        };
    }

    private static IEnumerable<CimInstance> Adapters(IEnumerable<CimInstance> components) =>
        components.Where(c => c.ClassName is Synthetic or Emulated).OrderBy(c => c.String("InstanceID"), StringComparer.Ordinal);

    private static CimInstance? ConnectionOf(SettingsContext context, CimInstance adapter) => context.Of(Connection).FirstOrDefault(c => context.ParentOf(c) == adapter);

    private static CimInstance? VlanOf(SettingsContext context, CimInstance? connection) => connection is null ? null : context.Vlans.GetValueOrDefault(connection.String("InstanceID")!);

    /// <summary>The switch that a connection is on now; null if it is switched off or leads nowhere.</summary>
    private static string? SwitchIdOf(CimInstance? connection) => connection is not null && connection.Number("EnabledState") != Disabled
        && connection.Array<string>("HostResource") is [var text, ..] && CimPath.TryParse(text, out var path) ? path!["Name"] : null;

    /// <summary>Synthetic adapters of generation 2 come and go while the VM runs; everything else needs it off.</summary>
    private static VmPowerState[] Removable(SettingsContext context, CimInstance adapter) =>
        context.Machine.IsGeneration2 && adapter.ClassName == Synthetic ? [VmPowerState.Off, VmPowerState.Running, VmPowerState.Paused] : [VmPowerState.Off];

    private static void CheckMac(string? mac, string member, SettingsContext context)
    {
        if (mac is { Length: > 0 } && !(mac.Length == 17 && mac.Select((c, i) => i % 3 == 2 ? c == ':' : char.IsAsciiHexDigitLower(c)).All(ok => ok)))
        {
            throw HyperVErrors.Validation($"{member}.macAddress", $"must be six pairs of hexadecimal digits in lower case with colons, found '{HyperVErrors.Short(mac)}'.", context.Machine.Where);
        }
    }

    private static string? MacOf(CimInstance adapter) => adapter.String("Address") is { Length: 12 } address && address != "000000000000"
        ? string.Join(':', address.ToLowerInvariant().Chunk(2).Select(pair => new string(pair)))
        : null;

    private static string ToHost(string mac) => mac.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();
}
