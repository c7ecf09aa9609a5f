using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Vms;

namespace HvPlatform.HyperVSimulator.Model.Hardware;

/// <summary>
/// <c>Msvm_VirtualSystemManagementCapabilities</c>, with the settings that define what a virtual machine can be on this host: configuration versions, templates of Secure Boot,
/// kinds of isolation.
/// </summary>
internal sealed class VmDefinitions
{
    private const string Capabilities = "Msvm_VirtualSystemManagementCapabilities";
    private const string Settings = "Msvm_VirtualSystemSettingData";
    private const string Definition = @"Microsoft:Definition\VirtualSystem\";
    private const ushort RoleDefault = 0;
    private const ushort RoleSupported = 3;

    private readonly List<(CimInstance Settings, ushort Role)> definitions = [];

    public VmDefinitions(SimulatedHyperVHost host)
    {
        foreach (var version in host.Options.VmVersions)
        {
            Add(@"Version\" + version, version, RoleSupported, settings => settings["Version"] = version);
        }

        Add(@"Version\Default", "Default", RoleDefault, settings => settings["Version"] = host.Options.VmVersions[^1]);
        foreach (var (id, name) in SecureBootTemplates.All)
        {
            Add(@"SecureBootTemplateId\" + id, name, RoleSupported, settings =>
            {
                settings["SecureBootTemplateId"] = id;
                settings["Description"] = name;
            });
        }

        foreach (var type in host.Options.IsolationTypes)
        {
            Add($@"GuestStateIsolationType\{type}", $"{type}", RoleSupported, settings => settings["GuestStateIsolationType"] = type);
        }

        var capabilities = MakeCapabilities();
        var catalogue = host.Catalogue;
        HostServices.AddSingle(host, Capabilities, () => capabilities);
        catalogue.Add(Settings, () => definitions.Select(one => one.Settings), path => Find(path)?.Settings);
        catalogue.Associate(
            "Msvm_SettingsDefineCapabilities", "GroupComponent", "PartComponent",
            left => left.ClassName == Capabilities ? definitions.Select(one => catalogue.PathOf(one.Settings)) : [],
            right => Find(right) is not null ? [catalogue.PathOf(capabilities)] : [],
            (_, right, association) =>
            {
                association["PropertyPolicy"] = (ushort)0;
                association["SupportStatement"] = (ushort)0;
                association["ValueRange"] = (ushort)0;
                association["ValueRole"] = Find(right)!.Value.Role;
            });
        catalogue.Associate(
            "Msvm_ElementCapabilities", "ManagedElement", "Capabilities",
            left => left.ClassName == "Msvm_VirtualSystemManagementService" ? [catalogue.PathOf(capabilities)] : [],
            right => right.ClassName == Capabilities ? catalogue.Enumerate(CimPath.Virtualization, "Msvm_VirtualSystemManagementService").Select(catalogue.PathOf) : []);
    }

    private (CimInstance Settings, ushort Role)? Find(CimPath path)
    {
        if (path.ClassName == Settings && path["InstanceID"] is { } id && id.StartsWith(Definition, StringComparison.OrdinalIgnoreCase))
        {
            foreach (var one in definitions)
            {
                if (id.Equals(one.Settings.String("InstanceID"), StringComparison.OrdinalIgnoreCase))
                {
                    return one;
                }
            }
        }

        return null;
    }

    private void Add(string id, string name, ushort role, Action<CimInstance> set)
    {
        var settings = CimBlank.Of(Settings);
        settings["Caption"] = "Virtual Machine Settings";
        settings["ElementName"] = name;
        settings["InstanceID"] = Definition + id;
        settings["VirtualSystemType"] = "Microsoft:Definition";
        set(settings);
        definitions.Add((settings, role));
    }

    private static CimInstance MakeCapabilities()
    {
        var instance = CimBlank.Of(Capabilities);
        instance["AsynchronousMethodsSupported"] = new ushort[] { 1, 2, 3, 5, 6, 7, 32767, 32770, 32771, 32772, 32778, 32779, 32780, 32781, 32785, 32786, 32787, 32796 };
        instance["Caption"] = "Virtual System Management Capabilities";
        instance["Description"] = "Microsoft virtual system management capabilities";
        instance["ElementName"] = "Virtual System Management Capabilities";
        instance["ElementNameEditSupported"] = true;
        instance["IndicationsSupported"] = Array.Empty<ushort>();
        instance["InstanceID"] = "Microsoft:VirtualSystemManagementCapabilities";
        instance["MaxElementNameLen"] = (ushort)100;
        instance["RequestedStatesSupported"] = new ushort[] { 2, 3, 6, 9, 10, 11 };
        instance["SynchronousMethodsSupported"] = new ushort[] { 32782, 32784, 32797, 32798 };
        instance["VirtualSystemTypesSupported"] = new[] { VmBuilder.Realized, VmBuilder.Planned };
        return instance;
    }
}
