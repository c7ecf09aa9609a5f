using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Storage;

/// <summary><c>Msvm_ImageManagementService</c>: virtual hard disks in the host's files, and those mounted into the host.</summary>
internal sealed class ImageManagement
{
    private const string Service = "Msvm_ImageManagementService";
    private const string Image = "Msvm_MountedStorageImage";
    private const string JobClass = "Msvm_StorageJob";
    private readonly SimulatedHyperVHost host;
    private readonly CimPath path;
    private readonly List<CimInstance> mounted = [];

    public ImageManagement(SimulatedHyperVHost host)
    {
        this.host = host;
        var catalogue = host.Catalogue;
        path = catalogue.PathOf(HostServices.Add(host, Service, "vmms", "Hyper-V Image Management Service"));
        catalogue.Add(Image, () => mounted, wanted => mounted.Find(one => catalogue.PathOf(one).Equals(wanted)));
        catalogue.Method(Image, "DetachVirtualHardDisk", (image, _) => CimBlank.Result(mounted.RemoveAll(one => catalogue.PathOf(one).Equals(image)) > 0 ? 0 : ReturnCode.Failed));
        Method("CreateVirtualHardDisk", Create);
        Method("GetVirtualHardDiskSettingData", ReadSettings);
        Method("GetVirtualHardDiskState", ReadState);
        Method("SetVirtualHardDiskSettingData", Set);
        Method("ResizeVirtualHardDisk", Resize);
        Method("CompactVirtualHardDisk", Compact);
        Method("ConvertVirtualHardDisk", Convert);
        Method("MergeVirtualHardDisk", Merge);
        Method("SetParentVirtualHardDisk", SetParent);
        Method("ValidateVirtualHardDisk", arguments => Validate(Given(arguments, "Path")));
        Method("ValidatePersistentReservationSupport", arguments => ValidateShared(Given(arguments, "Path")));
        Method("AttachVirtualHardDisk", Attach);
        Method("FindMountedStorageImageInstance", FindImage);
    }

    /// <summary>The paths of mounted images.</summary>
    public IEnumerable<string> MountedPaths => mounted.Select(image => image.String("Name")!);

    private void Method(string name, Func<CimInstance, CimInstance> handler) => host.Catalogue.Method(Service, name, (_, arguments) =>
    {
        try
        {
            return handler(arguments);
        }
        catch (StorageFault fault)
        {
            throw new MethodRefused(fault.Code, fault.Message);
        }
    });

    private CimInstance Create(CimInstance arguments)
    {
        var (file, disk) = host.Disks.Plan(HostServices.Embedded(arguments.String("VirtualDiskSettingData"), "Msvm_VirtualHardDiskSettingData"));
        return Start(1, "Creating Virtual Hard Disk", disk.FileSizeBytes, [file], () => host.Disks.Create(file, disk));
    }

    private CimInstance ReadSettings(CimInstance arguments)
    {
        var file = host.Files.Read(Given(arguments, "Path"));
        return CimBlank.Result(0, ("SettingData", CimXml.Write(host.Disks.Open(file.Path).ToSettings(file.Path))));
    }

    private CimInstance Validate(string file)
    {
        host.Files.Read(file);
        return Start(9, "Validating Virtual Hard Disk", 0, [file], () => host.Disks.Chain(file));
    }

    private CimInstance ValidateShared(string file)
    {
        host.Files.Read(file);
        return Start(9, "Validating Persistent Reservation Support", 0, [file], () => CheckShared(file));
    }

    private CimInstance ReadState(CimInstance arguments)
    {
        var file = host.Files.Read(Given(arguments, "Path"));
        var disk = host.Disks.Open(file.Path);
        return CimBlank.Result(0, ("State", CimXml.Write(new CimInstance("Msvm_VirtualHardDiskState")
        {
            ["Alignment"] = 1u,
            ["FileSize"] = file.SizeBytes,
            ["FragmentationPercentage"] = 0u,
            ["InUse"] = host.IsDiskInUse(file.Path),
            ["MinInternalSize"] = VirtualDisks.MinInternalSizeBytes(disk),
            ["PhysicalSectorSize"] = disk.PhysicalSectorBytes,
            ["Timestamp"] = new CimDateTime(file.WrittenAt),
        })));
    }

    private CimInstance Set(CimInstance arguments)
    {
        var settings = HostServices.Embedded(arguments.String("VirtualDiskSettingData"), "Msvm_VirtualHardDiskSettingData");
        var file = WindowsPath.Normalize(settings.String("Path"));
        var disk = host.Disks.Open(file);
        if (settings.Number("PhysicalSectorSize") is not (null or 0 or 512 or 4096))
        {
            throw new MethodRefused(ReturnCode.InvalidParameter, "PhysicalSectorSize is 512 or 4096.");
        }

        return Start(0, "Setting Virtual Hard Disk Properties", 0, [file], () =>
        {
            CheckFree(file);
            var sector = (uint)(settings.Number("PhysicalSectorSize") is > 0 and var given ? given : disk.PhysicalSectorBytes);
            host.Files.Write(file, disk.FileSizeBytes, disk with { PhysicalSectorBytes = sector, Id = Guid.TryParse(settings.String("VirtualDiskId"), out var id) ? id : disk.Id });
        });
    }

    private CimInstance Resize(CimInstance arguments)
    {
        var file = Given(arguments, "Path");
        host.Disks.Open(file);
        var size = (ulong)(arguments.Number("MaxInternalSize") ?? 0);
        return Start(4, "Resizing Virtual Hard Disk", 0, [file], () => host.Disks.Resize(file, size));
    }

    private CimInstance Compact(CimInstance arguments)
    {
        var file = Given(arguments, "Path");
        var disk = host.Disks.Open(file);
        if (arguments.Number("Mode") is not (null or 0 or 1 or 2 or 3) || disk.Type == VirtualDisk.Fixed)
        {
            throw new MethodRefused(ReturnCode.InvalidParameter, "Mode is 0 to 3; a fixed disk cannot be compacted.");
        }

        return Start(3, "Compacting Virtual Hard Disk", host.Files.Read(file).SizeBytes, [file], () => CheckFree(file));
    }

    private CimInstance Convert(CimInstance arguments)
    {
        var source = Given(arguments, "SourcePath");
        var wanted = HostServices.Embedded(arguments.String("VirtualDiskSettingData"), "Msvm_VirtualHardDiskSettingData").Copy();
        wanted["MaxInternalSize"] = host.Disks.Open(source).MaxInternalSizeBytes;
        var (target, plan) = host.Disks.Plan(wanted);
        return Start(6, "Converting Virtual Hard Disk", plan.FileSizeBytes, [source, target], () => host.Disks.Convert(source, target, plan));
    }

    private CimInstance Merge(CimInstance arguments)
    {
        var source = Given(arguments, "SourcePath");
        var target = Given(arguments, "DestinationPath");
        host.Disks.Open(source);
        host.Disks.Open(target);
        return Start(5, "Merging Virtual Hard Disk", host.Files.Read(source).SizeBytes, [source, target], () =>
        {
            CheckFree(source);
            host.Disks.Merge(source, target);
        });
    }

    private CimInstance SetParent(CimInstance arguments)
    {
        var child = Given(arguments, "ChildPath");
        var parent = Given(arguments, "ParentPath");
        host.Disks.Open(child);
        host.Disks.Open(parent);
        return Start(0, "Setting Parent of Virtual Hard Disk", 0, [child], () =>
        {
            CheckFree(child);
            host.Disks.SetParent(child, parent, arguments.Boolean("IgnoreIDMismatch") ?? false);
        });
    }

    private CimInstance Attach(CimInstance arguments)
    {
        var file = host.Files.Read(Given(arguments, "Path")).Path;
        var readOnly = arguments.Boolean("ReadOnly") ?? false;
        host.Disks.Open(file);
        return Start(7, "Attaching Virtual Hard Disk", 0, [file], () =>
        {
            CheckFree(file);
            host.Disks.Chain(file);
            var image = CimBlank.Of(Image);
            var lun = (byte)Enumerable.Range(0, 256).First(number => mounted.TrueForAll(one => one.Number("Lun") != number));
            image["Access"] = (ushort)(readOnly ? 1 : 2);
            image["Caption"] = "Mounted Storage Image";
            image["ElementName"] = WindowsPath.FileName(file);
            image["Lun"] = lun;
            image["Name"] = file;
            image["PathId"] = (byte)0;
            image["PnpDevicePath"] = $@"\\?\scsi#disk&ven_msft&prod_virtual_disk#2&1f4adffe&0&{lun:d6}#{{53f56307-b6bf-11d0-94f2-00a0c91efb8b}}";
            image["PortNumber"] = (byte)3;
            image["TargetId"] = (byte)0;
            image["Type"] = (ushort)0;
            mounted.Add(image);
        });
    }

    private CimInstance FindImage(CimInstance arguments)
    {
        var wanted = arguments.String("SelectionCriterion") ?? string.Empty;
        var property = arguments.Number("CriterionType") switch
        {
            null or 0 => "Name",
            1 => "PnpDevicePath",
            _ => throw new MethodRefused(ReturnCode.InvalidParameter, "CriterionType is 0 (path) or 1 (device path)."),
        };
        return mounted.Find(one => wanted.Equals(one.String(property), StringComparison.OrdinalIgnoreCase)) is { } found
            ? CimBlank.Result(0, ("Image", host.Catalogue.PathOf(found)))
            : CimBlank.Result(ReturnCode.FileNotFound);
    }

    private CimInstance Start(ushort type, string caption, ulong bytes, string[] files, Action effect) => HostJobs.Started(host.Jobs.Start(
        JobClass,
        caption,
        host.Options.JobDuration + host.Options.DiskCopyDuration(bytes),
        _ =>
        {
            try
            {
                effect();
            }
            catch (StorageFault fault)
            {
                throw new JobFailed(fault.Code, $"The system failed while {char.ToLowerInvariant(caption[0])}{caption[1..]}: {fault.Message}", fault.Message);
            }
        },
        [path],
        onCancel: _ => { },
        type: (JobType)type,
        more: instance =>
        {
            instance["Child"] = null;
            instance["Parent"] = files[0];
        }));

    private void CheckFree(string file)
    {
        if (host.IsDiskInUse(file))
        {
            throw new StorageFault(StorageError.SharingViolation, file, "The process cannot access the file because it is being used by another process");
        }
    }

    private static void CheckShared(string file)
    {
        if (!WindowsPath.IsShare(file))
        {
            throw new StorageFault(StorageError.Corrupt, file, "The storage where the virtual hard disk is located does not support virtual hard disk sharing");
        }
    }

    private static string Given(CimInstance arguments, string name) => WindowsPath.Normalize(arguments.String(name));
}
