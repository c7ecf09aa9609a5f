using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>What a VM is made of, as far as a migration has to know. Its methods throw <see cref="CimException"/>.</summary>
/// <param name="Settings">Its <c>Msvm_VirtualSystemSettingData</c>.</param>
/// <param name="Components">The settings of its devices.</param>
internal sealed record HyperVParts(CimInstance Settings, IReadOnlyList<CimInstance> Components)
{
    private const string HardDisk = "Microsoft:Hyper-V:Virtual Hard Disk";
    private const string Dvd = "Microsoft:Hyper-V:Virtual CD/DVD Disk";
    private const string Physical = "Microsoft:Hyper-V:Physical Disk Drive";

    /// <summary>The settings of its virtual hard disks; <c>HostResource[0]</c> is the file.</summary>
    public IEnumerable<CimInstance> Disks => Components.Where(c => c.String("ResourceSubType") == HardDisk && FileOf(c) is not null);

    /// <summary>The images in its DVD drives.</summary>
    public IEnumerable<string> Images => Components.Where(c => c.String("ResourceSubType") == Dvd).Select(FileOf).OfType<string>();

    /// <summary>What of it is a device of the host: disks passed through, PCI devices, parts of a GPU.</summary>
    public IEnumerable<string> HostDevices => Components
        .Where(c => (c.String("ResourceSubType") == Physical && FileOf(c) is not null) || c.ClassName is "Msvm_PciExpressSettingData" or "Msvm_GpuPartitionSettingData")
        .Select(c => c.String("ElementName") is { Length: > 0 } name ? name : c.ClassName);

    /// <summary>Kept to the processor features that every host of the vendor has.</summary>
    public bool ProcessorCompatibility => Components.Any(c => c.ClassName == "Msvm_ProcessorSettingData" && (c.Boolean("LimitProcessorFeatures") ?? false));

    /// <summary>The path of a planned VM.</summary>
    public static CimPath Planned(VmId vm) => new("Msvm_PlannedComputerSystem", ("CreationClassName", "Msvm_PlannedComputerSystem"), ("Name", VmPaths.Key(vm)));

    /// <summary>The file behind a device; null if there is none.</summary>
    public static string? FileOf(CimInstance device) => device.Array<string>("HostResource") is [{ Length: > 0 } file, ..] ? file : null;

    /// <summary>A disk's settings as they are, with its file replaced.</summary>
    public static CimInstance WithFile(CimInstance disk, string file)
    {
        var moved = disk.Copy();
        string[] files = [.. disk.Array<string>("HostResource")];
        files[0] = file;
        moved["HostResource"] = files;
        return moved;
    }

    /// <summary>Where Hyper-V keeps a disk of a VM whose files are all in a directory.</summary>
    public static string Below(string directory, string file) => $@"{directory.TrimEnd('\\')}\Virtual Hard Disks\{file[(file.LastIndexOf('\\') + 1)..]}";

    /// <summary>Reads a VM's parts; null if the host does not have the VM.</summary>
    public static async Task<HyperVParts?> ReadAsync(ICimSession session, VmId vm, CancellationToken cancellationToken)
    {
        if (await session.GetAsync(VmPaths.SettingsOf(vm), cancellationToken) is not { } settings)
        {
            return null;
        }

        var components = new List<CimInstance>();
        await foreach (var component in session.AssociatorsAsync(VmPaths.SettingsOf(vm), "Msvm_VirtualSystemSettingDataComponent", null, cancellationToken))
        {
            components.Add(component);
        }

        return new HyperVParts(settings, components);
    }

    /// <summary>The first instance of a class; null if there is none.</summary>
    public static async Task<CimInstance?> FirstAsync(ICimSession session, string className, CancellationToken cancellationToken)
    {
        await foreach (var instance in session.EnumerateAsync(CimPath.Virtualization, className, cancellationToken))
        {
            return instance;
        }

        return null;
    }

    /// <summary>The path of an instance, by the keys that the schema gives its class.</summary>
    public static CimPath PathOf(CimInstance instance) => new(
        instance.ClassName,
        [.. CimSchema.Instance.Find(instance.ClassName)?.Properties.Where(p => p.IsKey).Select(p => (p.Name, instance.String(p.Name) ?? "")) ?? [("InstanceID", instance.String("InstanceID") ?? "")]]);
}
