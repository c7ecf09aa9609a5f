using System.Globalization;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>
/// Adding resources to a configuration and taking them away, as <c>AddResourceSettings</c> and <c>RemoveResourceSettings</c> do. What a host would refuse is
/// <see cref="MethodRefused"/>.
/// </summary>
internal sealed class VmResources(SimulatedHyperVHost host)
{
    private const int MaxScsiControllers = 4;
    private const int MaxAdaptersOfAKind = 8;

    /// <summary>Adds a resource and gives its settings.</summary>
    /// <param name="configuration">Where.</param>
    /// <param name="wanted">What: at least class, <c>ResourceSubType</c> and what its kind needs.</param>
    /// <param name="running">The machine is not off: only what can be plugged then is taken.</param>
    public CimInstance Add(VmConfiguration configuration, CimInstance wanted, bool running)
    {
        var kind = ResourceKinds.Of(wanted) ?? ResourceKinds.OfBase(wanted) ?? throw Invalid($"There is no resource {wanted.ClassName} '{wanted.String("ResourceSubType")}'.");
        if (kind.IsFixed)
        {
            throw Invalid($"A {kind.ElementName} cannot be added.");
        }

        if (running && !kind.IsHotPluggable)
        {
            throw new MethodRefused(ReturnCode.InvalidState, $"A {kind.ElementName} cannot be added while the virtual machine runs.");
        }

        var settings = kind.New();
        Take(settings, wanted, kind);
        if (kind == ResourceKinds.ScsiController || kind == ResourceKinds.SyntheticEthernetPort || kind == ResourceKinds.EmulatedEthernetPort)
        {
            AddDevice(configuration, kind, settings, wanted);
        }
        else if (kind == ResourceKinds.EthernetConnection)
        {
            AddConnection(configuration, settings);
        }
        else if (kind.Type == 31)
        {
            AddMedium(configuration, kind, settings, running);
        }
        else
        {
            AddDrive(configuration, kind, settings, running);
        }

        configuration.Resources.Add(settings);
        BootSources.Follow(host, configuration, settings, added: true);
        return settings;
    }

    /// <summary>Takes a resource away; a drive must be empty, an adapter's connection goes with it.</summary>
    public void Remove(VmConfiguration configuration, CimInstance settings, bool running)
    {
        var kind = ResourceKinds.Of(settings);
        if (kind is null || kind.IsFixed)
        {
            throw Invalid($"{settings.String("ElementName")} cannot be removed.");
        }

        if (running && (!kind.IsHotPluggable || OnIde(configuration, settings)))
        {
            throw new MethodRefused(ReturnCode.InvalidState, $"{settings.String("ElementName")} cannot be removed while the virtual machine runs.");
        }

        foreach (var child in ChildrenOf(configuration, settings).ToList())
        {
            if (ResourceKinds.Of(child) != ResourceKinds.EthernetConnection && kind != ResourceKinds.ScsiController)
            {
                throw Invalid($"{settings.String("ElementName")} still has {child.String("ElementName")}.");
            }

            Remove(configuration, child, running);
        }

        var prefix = settings.String("InstanceID") + "\\";
        configuration.Resources.RemoveAll(one => one == settings || (CimSchema.Instance.Is(one.ClassName, "Msvm_FeatureSettingData") && one.String("InstanceID")!.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)));
        BootSources.Follow(host, configuration, settings, added: false);
    }

    /// <summary>The resources whose <c>Parent</c> is this one.</summary>
    public static IEnumerable<CimInstance> ChildrenOf(VmConfiguration configuration, CimInstance settings) =>
        configuration.Resources.Where(one => one.Has("Parent") && ReferenceEquals(ParentOf(configuration, one), settings));

    /// <summary>The resource that this one's <c>Parent</c> names, or null.</summary>
    public static CimInstance? ParentOf(VmConfiguration configuration, CimInstance settings) =>
        CimPath.TryParse(settings.String("Parent"), out var path) && path!["InstanceID"] is { } id ? configuration.Find(id) : null;

    /// <summary>Whether a drive or what is in it hangs on an IDE controller.</summary>
    public static bool OnIde(VmConfiguration configuration, CimInstance settings)
    {
        var at = settings;
        while (at is not null && ResourceKinds.Of(at) is { Type: 31 or 16 or 17 })
        {
            at = ParentOf(configuration, at);
        }

        return at is not null && ResourceKinds.Of(at) == ResourceKinds.IdeController;
    }

    /// <summary>Checks the one file that <c>HostResource</c> of a medium names.</summary>
    public void CheckFile(ResourceKind kind, CimInstance settings)
    {
        if (settings.Array<string>("HostResource") is not [{ Length: > 0 } file])
        {
            throw Invalid("HostResource is not one path.");
        }

        try
        {
            if (host.Files.Find(WindowsPath.Normalize(file)) is null)
            {
                throw new MethodRefused(ReturnCode.FileNotFound, $"There is no file {file}.");
            }

            if (kind == ResourceKinds.VirtualHardDisk)
            {
                host.Disks.Open(WindowsPath.Normalize(file));
            }
        }
        catch (StorageFault fault)
        {
            throw new MethodRefused(fault.Code, fault.Message);
        }
    }

    /// <summary>Checks what a network adapter's connection names: nothing, or one switch, whose name it then knows.</summary>
    public void CheckSwitch(CimInstance connection)
    {
        var resources = connection.Array<string>("HostResource").Where(one => one.Length > 0).ToArray();
        if (resources.Length == 0)
        {
            return;
        }

        var found = resources.Length == 1 ? host.NetworkSwitches.FindByText(resources[0]) : null;
        connection["LastKnownSwitchName"] = (found ?? throw Invalid($"HostResource is not one virtual switch of this host: {resources[0]}.")).Name;
    }

    /// <summary>Checks an adapter's <c>Address</c> and writes it as Hyper-V does: twelve hexadecimal digits.</summary>
    public static void CheckAddress(CimInstance adapter)
    {
        var address = adapter.String("Address")?.Replace("-", string.Empty, StringComparison.Ordinal).Replace(":", string.Empty, StringComparison.Ordinal).ToUpperInvariant() ?? string.Empty;
        if (address.Length == 0 && adapter.Boolean("StaticMacAddress") != true)
        {
            adapter["Address"] = "000000000000";
            return;
        }

        var isUnicast = address.Length == 12 && ulong.TryParse(address, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) && (number >> 40 & 1) == 0 && (number != 0 || adapter.Boolean("StaticMacAddress") != true);
        adapter["Address"] = isUnicast ? address : throw Invalid($"'{adapter.String("Address")}' is no address of an adapter.");
    }

    private static void Take(CimInstance settings, CimInstance wanted, ResourceKind kind)
    {
        var writable = SettingsRules.WritableOf(kind.ClassName);
        foreach (var (name, value) in wanted.Properties)
        {
            if (value is not null && settings.Has(name) && (writable.Contains(name) || name is "Parent" or "Address" or "AddressOnParent" or "HostResource" or "ElementName"))
            {
                settings[name] = value;
            }
        }
    }

    private void AddDevice(VmConfiguration configuration, ResourceKind kind, CimInstance settings, CimInstance wanted)
    {
        var isGeneration1 = VmBuilder.GenerationOf(configuration.Settings) == 1;
        if (kind == ResourceKinds.EmulatedEthernetPort && !isGeneration1)
        {
            throw Invalid("Only a virtual machine of generation 1 has legacy network adapters.");
        }

        if (configuration.Of(kind.ClassName).Count(one => ResourceKinds.Of(one) == kind) >= (kind == ResourceKinds.ScsiController ? MaxScsiControllers : MaxAdaptersOfAKind))
        {
            throw Invalid($"There is no room for another {kind.ElementName}.");
        }

        var given = wanted.Array<string>("VirtualSystemIdentifiers") is [{ } text, ..] && Guid.TryParse(text, out var parsed) && parsed != Guid.Empty ? parsed : host.NewId();
        var key = VmConfiguration.Key(given);
        if (settings.Has("VirtualSystemIdentifiers"))
        {
            settings["VirtualSystemIdentifiers"] = new[] { $"{{{key}}}" };
        }

        settings["InstanceID"] = $@"Microsoft:{configuration.Id}\{key}{(kind == ResourceKinds.ScsiController ? @"\0" : string.Empty)}";
        if (configuration.Find(settings.String("InstanceID")!) is not null)
        {
            throw Invalid($"The identifier {key} is taken.");
        }

        if (kind != ResourceKinds.ScsiController)
        {
            CheckAddress(settings);
        }
    }

    private void AddConnection(VmConfiguration configuration, CimInstance settings)
    {
        var adapter = ParentOf(configuration, settings) is { } parent && ResourceKinds.Of(parent) is { Type: 10 } ? parent : throw Invalid("Parent is no network adapter of this virtual machine.");
        settings["InstanceID"] = adapter.String("InstanceID") + @"\C";
        settings["Parent"] = host.Catalogue.PathOf(adapter).ToObjectPath(host.Name);
        if (configuration.Find(settings.String("InstanceID")!) is not null)
        {
            throw Invalid("The network adapter has a connection already.");
        }

        CheckSwitch(settings);
    }

    private void AddMedium(VmConfiguration configuration, ResourceKind kind, CimInstance settings, bool running)
    {
        var drive = ParentOf(configuration, settings) ?? throw Invalid("Parent is no drive of this virtual machine.");
        var fits = kind == ResourceKinds.VirtualHardDisk ? ResourceKinds.DiskDrive : kind == ResourceKinds.VirtualDvdDisk ? ResourceKinds.DvdDrive : ResourceKinds.DisketteDrive;
        if (ResourceKinds.Of(drive) != fits)
        {
            throw Invalid($"Parent is no {fits.ElementName}.");
        }

        if (running && kind == ResourceKinds.VirtualHardDisk && OnIde(configuration, drive))
        {
            throw new MethodRefused(ReturnCode.InvalidState, "A disk on an IDE controller cannot be added while the virtual machine runs.");
        }

        var id = drive.String("InstanceID")!;
        settings["InstanceID"] = id[..^1] + "L";
        settings["Parent"] = host.Catalogue.PathOf(drive).ToObjectPath(host.Name);
        if (configuration.Find(settings.String("InstanceID")!) is not null)
        {
            throw Invalid("There is a medium in the drive already.");
        }

        CheckFile(kind, settings);
    }

    private void AddDrive(VmConfiguration configuration, ResourceKind kind, CimInstance settings, bool running)
    {
        var controller = ParentOf(configuration, settings) ?? throw Invalid("Parent is no controller of this virtual machine.");
        var isIde = ResourceKinds.Of(controller) == ResourceKinds.IdeController;
        if (!isIde && ResourceKinds.Of(controller) != ResourceKinds.ScsiController)
        {
            throw Invalid("Parent is no controller for drives.");
        }

        if (running && isIde)
        {
            throw new MethodRefused(ReturnCode.InvalidState, "A drive on an IDE controller cannot be added while the virtual machine runs.");
        }

        if (kind == ResourceKinds.DvdDrive && !isIde && VmBuilder.GenerationOf(configuration.Settings) == 1)
        {
            throw Invalid("DVD drives of a virtual machine of generation 1 are on IDE controllers.");
        }

        var places = isIde ? 2 : 64;
        var taken = ChildrenOf(configuration, controller).Select(one => one.String("AddressOnParent")).ToHashSet();
        var address = settings.String("AddressOnParent") is { Length: > 0 } asked
            ? asked
            : Enumerable.Range(0, places).Select(place => place.ToString(CultureInfo.InvariantCulture)).FirstOrDefault(place => !taken.Contains(place)) ?? throw Invalid("The controller is full.");
        if (!int.TryParse(address, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number >= places || taken.Contains(address))
        {
            throw Invalid($"{address} is no free place on the controller.");
        }

        settings["AddressOnParent"] = address;
        settings["InstanceID"] = $@"{controller.String("InstanceID")}\{address}\D";
        settings["Parent"] = host.Catalogue.PathOf(controller).ToObjectPath(host.Name);
    }

    internal static MethodRefused Invalid(string why) => new(ReturnCode.InvalidParameter, why);
}
