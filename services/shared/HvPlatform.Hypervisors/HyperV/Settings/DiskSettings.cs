using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Disks. A file (<c>Msvm_StorageAllocationSettingData</c>) is in a drive, the drive (<c>Msvm_ResourceAllocationSettingData</c>) is at a place of a controller; to attach a file is to add
/// both, to detach it is to remove both. Files themselves are made and resized by the image service.
/// </summary>
internal sealed class DiskSettings : SettingGroup
{
    private const string Allocation = "Msvm_ResourceAllocationSettingData";
    private const string Storage = "Msvm_StorageAllocationSettingData";
    private const string HardDisk = "Microsoft:Hyper-V:Virtual Hard Disk";
    private const string DiskDrive = "Microsoft:Hyper-V:Synthetic Disk Drive";
    private const string ScsiController = "Microsoft:Hyper-V:Synthetic SCSI Controller";
    private const string IdeController = "Microsoft:Hyper-V:Emulated IDE Controller";
    private const ushort DiskDriveType = 17;
    private const ushort LogicalDiskType = 31;
    private const ushort FormatVhd = 2;
    private const ushort FormatVhdx = 3;
    private const ushort TypeDynamic = 3;
    private const int SectorBytes = 512;
    private const long LeastBytes = 3L << 20;

    public override VmSettingsState Read(SettingsContext context, VmSettingsState state) => state with
    {
        Disks =
        [
            .. Drives(context.Components).Select(drive =>
            {
                var controller = context.ParentOf(drive);
                return new VmDiskState
                {
                    Controller = controller?.String("ResourceSubType") switch { ScsiController => "SCSI", IdeController => "IDE", var other => other ?? "none" },
                    ControllerNumber = controller is null ? 0 : NumberOf(context, controller),
                    Location = PlaceOf(drive),
                    Kind = drive.Number("ResourceType") switch { 16 => "dvd", 14 => "floppy", _ => "disk" },
                    Path = context.Of(Storage).FirstOrDefault(s => context.ParentOf(s) == drive)?.Array<string>("HostResource") is [var path, ..] ? path : null,
                };
            }).OrderBy(d => d.Controller, StringComparer.Ordinal).ThenBy(d => d.ControllerNumber).ThenBy(d => d.Location),
        ],
    };

    public override void Plan(SettingsContext context, VmSettings wanted, SettingsPlan plan)
    {
        var taken = new HashSet<(string Controller, int Place)>();
        foreach (var (change, i) in (wanted.Disks ?? []).Select((c, i) => (c, i)))
        {
            var member = string.Create(CultureInfo.InvariantCulture, $"disks[{i}]");
            CheckPath(change.Path, $"{member}.path", context);
            var attached = context.Of(Storage).FirstOrDefault(s => s.Array<string>("HostResource") is [var path, ..] && path.Equals(change.Path, StringComparison.OrdinalIgnoreCase));
            switch (change.Action)
            {
                case VmDeviceAction.Create or VmDeviceAction.Add when attached is not null:
                    break;
                case VmDeviceAction.Create:
                    CheckSize(change.CapacityBytes, $"{member}.capacityBytes", context);
                    var place = Place(context, change, member, taken);
                    plan.Steps.Add(new SettingsStep("create a disk", async (calls, ct) =>
                    {
                        await CreateAsync(calls, change, ct);
                        await AttachAsync(context, calls, place, change.Path, ct);
                    }));
                    break;
                case VmDeviceAction.Add:
                    var at = Place(context, change, member, taken);
                    plan.Steps.Add(new SettingsStep("attach a disk", (calls, ct) => AttachAsync(context, calls, at, change.Path, ct)));
                    break;
                case VmDeviceAction.Remove when attached is null:
                    break;
                case VmDeviceAction.Remove:
                    var drive = context.ParentOf(attached!);
                    Hot(context, drive is null ? null : context.ParentOf(drive), "detach a disk of");
                    plan.Steps.Add(new SettingsStep("detach a disk", async (calls, ct) =>
                    {
                        await calls.RemoveResourcesAsync([attached!], "detach a disk", ct);
                        if (drive is not null)
                        {
                            await calls.RemoveResourcesAsync([drive], "remove a drive", ct);
                        }
                    }));
                    break;
                case VmDeviceAction.Change when attached is not null:
                    CheckSize(change.CapacityBytes, $"{member}.capacityBytes", context);
                    plan.Steps.Add(new SettingsStep("resize a disk", (calls, ct) => ResizeAsync(context, calls, change, member, ct)));
                    break;
                case VmDeviceAction.Change:
                    throw HyperVErrors.DeviceNotFound($"VM {context.Machine.Name}", $"disk '{HyperVErrors.Short(change.Path)}'", context.Machine.Where);
                default:
                    throw HyperVErrors.Validation($"{member}.action", "is not one this build knows.", context.Machine.Where);
            }
        }
    }


    /// <summary>A path is absolute as Windows knows it: a drive's or a server's.</summary>
    public static void CheckPath(string path, string member, SettingsContext context)
    {
        var absolute = (path.Length > 3 && char.IsAsciiLetter(path[0]) && path[1] == ':' && path[2] == '\\') || (path.StartsWith(@"\\", StringComparison.Ordinal) && path.Length > 4);
        var bad = path.Skip(2).FirstOrDefault(c => char.IsControl(c) || c is '<' or '>' or '"' or '|' or '?' or '*' or ':' or '/');
        if (!absolute || bad != default || path.Length > 4096)
        {
            throw HyperVErrors.Validation(
                member, bad == default ? $@"must be an absolute path such as D:\VMs\disk.vhdx, found '{HyperVErrors.Short(path)}'." : $"has the character U+{(int)bad:X4}, which no file name on the host has.", context.Machine.Where);
        }
    }

    private static IEnumerable<CimInstance> Drives(IEnumerable<CimInstance> components) =>
        components.Where(c => c.ClassName == Allocation && c.Number("ResourceType") is 14 or 16 or DiskDriveType && c.String("Parent") is { Length: > 0 });

    private static int PlaceOf(CimInstance drive) => int.TryParse(drive.String("AddressOnParent"), CultureInfo.InvariantCulture, out var place) ? place : 0;

    private static List<CimInstance> Controllers(SettingsContext context, string subType) =>
        [.. context.Of(Allocation).Where(c => c.String("ResourceSubType") == subType).OrderBy(c => c.String("Address"), StringComparer.Ordinal).ThenBy(c => c.String("InstanceID"), StringComparer.Ordinal)];

    private static int NumberOf(SettingsContext context, CimInstance controller) => Math.Max(0, Controllers(context, controller.String("ResourceSubType") ?? "").IndexOf(controller));

    private static (CimInstance Controller, int Place) Place(SettingsContext context, VmDiskChange change, string member, ISet<(string Controller, int Place)> taken)
    {
        var scsi = change.Controller is { } named ? named == "SCSI" : context.Machine.IsGeneration2;
        var (subType, places) = scsi ? (ScsiController, 64) : (IdeController, 2);
        var controllers = Controllers(context, subType);
        if (change.ControllerNumber is { } number)
        {
            controllers = number < controllers.Count && number >= 0
                ? [controllers[number]]
                : throw HyperVErrors.Validation($"{member}.controllerNumber", $"VM {context.Machine.Name} has {controllers.Count} {(scsi ? "SCSI" : "IDE")} controllers, numbered from 0; found {number}.", context.Machine.Where);
        }

        if (change.Location is < 0 || change.Location >= places)
        {
            throw HyperVErrors.Validation($"{member}.location", $"must be 0 to {places - 1}, found {change.Location}.", context.Machine.Where);
        }

        foreach (var controller in controllers)
        {
            Hot(context, controller, "attach a disk to");
            var used = Drives(context.Components).Where(d => context.ParentOf(d) == controller).Select(PlaceOf).ToHashSet();
            for (var place = change.Location ?? 0; place < (change.Location ?? places - 1) + 1; place++)
            {
                if (!used.Contains(place) && taken.Add((controller.String("InstanceID")!, place)))
                {
                    return (controller, place);
                }
            }
        }

        throw context.Machine.Refused(
            ErrorCategory.InsufficientResources, ErrorKind.Resource, "no-free-place",
            controllers.Count == 0 ? $"VM {context.Machine.Name} has no {(scsi ? "SCSI" : "IDE")} controller." : $"VM {context.Machine.Name} has no free place for {member} on the controllers asked for.",
            "Detach a disk, or name another controller or place.");
    }

    /// <summary>Only SCSI takes and gives disks while the VM runs.</summary>
    private static void Hot(SettingsContext context, CimInstance? controller, string verb)
    {
        if (controller?.String("ResourceSubType") != ScsiController)
        {
            context.Machine.Require(verb, VmPowerState.Off);
        }
        else
        {
            context.Machine.Require(verb, VmPowerState.Off, VmPowerState.Running, VmPowerState.Paused);
        }
    }

    private static void CheckSize(long? bytes, string member, SettingsContext context)
    {
        if (bytes is null or < LeastBytes or > 64L << 40 || bytes % SectorBytes != 0)
        {
            throw HyperVErrors.Validation(member, $"must be {LeastBytes} to {64L << 40} bytes and a multiple of {SectorBytes}, found {bytes}.", context.Machine.Where);
        }
    }

    private static Task CreateAsync(SettingsCalls calls, VmDiskChange change, CancellationToken cancellationToken)
    {
        var settings = new CimInstance("Msvm_VirtualHardDiskSettingData")
        {
            ["Path"] = change.Path,
            ["MaxInternalSize"] = (ulong)change.CapacityBytes!.Value,
            ["Type"] = TypeDynamic,
            ["Format"] = change.Path.EndsWith(".vhd", StringComparison.OrdinalIgnoreCase) ? FormatVhd : FormatVhdx,
        };
        return calls.ImageAsync("CreateVirtualHardDisk", "create a disk", cancellationToken, ("VirtualDiskSettingData", CimXml.Write(settings)));
    }

    private static async Task ResizeAsync(SettingsContext context, SettingsCalls calls, VmDiskChange change, string member, CancellationToken cancellationToken)
    {
        var read = await calls.ImageAsync("GetVirtualHardDiskSettingData", "read a disk", cancellationToken, ("Path", change.Path));
        var now = read.Out.String("SettingData") is { } text ? CimXml.Read(text).Number("MaxInternalSize") : null;
        if (now == change.CapacityBytes)
        {
            return;
        }

        if (now > change.CapacityBytes)
        {
            throw HyperVErrors.Validation($"{member}.capacityBytes", $"the disk has {now} bytes; it is not made smaller, because what the guest keeps at its end would be lost.", context.Machine.Where);
        }

        await calls.ImageAsync("ResizeVirtualHardDisk", "resize a disk", cancellationToken, ("Path", change.Path), ("MaxInternalSize", (ulong)change.CapacityBytes!.Value));
    }

    private static async Task AttachAsync(SettingsContext context, SettingsCalls calls, (CimInstance Controller, int Place) at, string path, CancellationToken cancellationToken)
    {
        var controller = context.PathTextOf(at.Controller);
        var drive = new CimInstance(Allocation)
        {
            ["ResourceType"] = DiskDriveType,
            ["ResourceSubType"] = DiskDrive,
            ["Parent"] = controller,
            ["AddressOnParent"] = at.Place.ToString(CultureInfo.InvariantCulture),
        };
        await calls.AddResourceAsync(drive, "add a drive", cancellationToken);
        var id = at.Controller.String("InstanceID")!;
        var added = Drives(await calls.ComponentsAsync(cancellationToken)).FirstOrDefault(d =>
            PlaceOf(d) == at.Place && CimPath.TryParse(d.String("Parent"), out var parent) && string.Equals(parent!["InstanceID"], id, StringComparison.OrdinalIgnoreCase))
            ?? throw HyperVErrors.DeviceNotFound($"VM {context.Machine.Name}", $"drive at place {at.Place}, which was added just now", context.Machine.Where);
        var file = new CimInstance(Storage)
        {
            ["ResourceType"] = LogicalDiskType,
            ["ResourceSubType"] = HardDisk,
            ["Parent"] = context.PathTextOf(added),
            ["HostResource"] = new[] { path },
        };
        try
        {
            await calls.AddResourceAsync(file, "attach a disk", cancellationToken);
        }
        catch (Exception error)
        {
            // An error may have come instead of the answer: the file may be in the drive.
            var attached = false;
            var failure = await Compensation.FailsAsync(async () =>
            {
                attached = (await calls.ComponentsAsync(CancellationToken.None)).Any(c =>
                    c.ClassName == Storage && CimPath.TryParse(c.String("Parent"), out var parent) && string.Equals(parent!["InstanceID"], added.String("InstanceID"), StringComparison.OrdinalIgnoreCase));
                if (!attached)
                {
                    await calls.RemoveResourcesAsync([added], "remove the drive of a disk that could not be attached", CancellationToken.None);
                }
            });
            if (failure is not null)
            {
                throw Compensation.Join(error, failure, $"Cannot remove the empty drive of VM {context.Machine.Name}", context.Machine.Where);
            }

            if (!attached || error is OperationCanceledException)
            {
                throw;
            }
        }
    }
}
