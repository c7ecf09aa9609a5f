using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>
/// The boot sources of a virtual machine of generation 2: one for each drive and network adapter (<c>Msvm_LogicalIdentity</c> relates the two), and
/// <c>BootSourceOrder</c> of its settings, which names each of them once.
/// </summary>
internal static class BootSources
{
    private const string ClassName = "Msvm_BootSourceSettingData";
    private const string Suffix = @"\B";

    /// <summary>Adds or takes away the boot source of a resource, if it is one to boot from.</summary>
    public static void Follow(SimulatedHyperVHost host, VmConfiguration configuration, CimInstance resource, bool added)
    {
        if (VmBuilder.GenerationOf(configuration.Settings) != 2 || ResourceKinds.Of(resource) is not { Type: 10 or 16 or 17 } kind)
        {
            return;
        }

        var id = resource.String("InstanceID") + Suffix;
        var path = new CimPath(ClassName, ("InstanceID", id)).ToObjectPath(host.Name);
        var order = configuration.Settings.Array<string>("BootSourceOrder").Where(one => one != path);
        if (added)
        {
            var source = CimBlank.Of(ClassName);
            var isNetwork = kind.Type == 10;
            source["BootSourceDescription"] = isNetwork ? "EFI Network" : kind.Type == 16 ? "EFI DVD/CDROM" : "EFI SCSI Device";
            source["BootSourceType"] = isNetwork ? 2u : 1u;
            source["Caption"] = "Boot Source Settings";
            source["Description"] = "Settings for a boot source of the virtual machine.";
            source["ElementName"] = resource.String("ElementName");
            source["FirmwareDevicePath"] = isNetwork
                ? @"\AcpiEx(VMBus,0,0)\VenHw(9B17E5A2-0891-42DD-B653-80B5C22809BA)"
                : $@"\AcpiEx(VMBus,0,0)\VenHw(9B17E5A2-0891-42DD-B653-80B5C22809BA)\Scsi(0,{resource.String("AddressOnParent")})";
            source["InstanceID"] = id;
            source["OptionalData"] = Array.Empty<byte>();
            source["OtherLocation"] = string.Empty;
            configuration.Resources.Add(source);
            order = order.Append(path);
        }
        else
        {
            configuration.Resources.RemoveAll(one => id.Equals(one.String("InstanceID"), StringComparison.OrdinalIgnoreCase));
        }

        var settings = configuration.Settings.Copy();
        settings["BootSourceOrder"] = order.ToArray();
        configuration.Settings = settings;
    }

    /// <summary>The resource of a boot source, or null.</summary>
    public static CimInstance? ResourceOf(VmConfiguration configuration, CimInstance source) =>
        source.ClassName == ClassName && source.String("InstanceID") is { } id && id.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) ? configuration.Find(id[..^Suffix.Length]) : null;

    /// <summary>The boot source of a resource, or null.</summary>
    public static CimInstance? Of(VmConfiguration configuration, CimInstance resource) => configuration.Find(resource.String("InstanceID") + Suffix);

    /// <summary>Whether an order names every boot source of the configuration once, and nothing else.</summary>
    public static bool IsWhole(VmConfiguration configuration, IReadOnlyList<string> order)
    {
        var named = order.Select(text => CimPath.TryParse(text, out var path) ? path!["InstanceID"] ?? string.Empty : string.Empty).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return named.Count == order.Count && named.SetEquals(configuration.Of(ClassName).Select(one => one.String("InstanceID")!));
    }
}
