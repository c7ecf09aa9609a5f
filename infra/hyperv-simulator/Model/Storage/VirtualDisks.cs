using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Storage;

/// <summary>What Hyper-V does with virtual hard disks in files. Failures are <see cref="StorageFault"/>s; nothing is changed then.</summary>
/// <param name="files">The host's files.</param>
/// <param name="newId">Identities of new disks.</param>
public sealed class VirtualDisks(HostFiles files, Func<Guid> newId)
{
    private const int LongestChain = 64;
    private const ulong SmallestBytes = 3UL << 20;

    /// <summary>The disk in a file.</summary>
    public VirtualDisk Open(string path) => files.Read(path).Content as VirtualDisk
        ?? throw new StorageFault(StorageError.Corrupt, path, "The file or directory is corrupted and unreadable: it is no virtual hard disk");

    /// <summary>The disk and its parents, nearest first. A missing or exchanged parent is a fault that names it.</summary>
    public IReadOnlyList<(string Path, VirtualDisk Disk)> Chain(string path)
    {
        var chain = new List<(string Path, VirtualDisk Disk)> { (WindowsPath.Normalize(path), Open(path)) };
        while (chain[^1].Disk is { Type: VirtualDisk.Differencing, ParentPath: { } parentPath } child)
        {
            var parent = Open(parentPath);
            if (parent.Id != child.ParentId)
            {
                throw new StorageFault(StorageError.Corrupt, parentPath, $"The chain of virtual hard disks is corrupted: it is not the disk that '{chain[^1].Path}' was made of");
            }

            chain.Add((WindowsPath.Normalize(parentPath), parent));
            if (chain.Count > LongestChain)
            {
                throw new StorageFault(StorageError.Corrupt, path, "The chain of virtual hard disks is too long or goes round in a circle");
            }
        }

        return chain;
    }

    /// <summary>What a new disk of these settings would be. A fault (invalid parameter) says which setting is wrong.</summary>
    public (string Path, VirtualDisk Disk) Plan(CimInstance settings)
    {
        var path = WindowsPath.Normalize(settings.String("Path"));
        var format = (ushort)(settings.Number("Format") ?? (WindowsPath.Extension(path) is ".vhd" or ".avhd" ? VirtualDisk.Vhd : VirtualDisk.Vhdx));
        var type = (ushort)(settings.Number("Type") ?? VirtualDisk.Dynamic);
        if (format is not (VirtualDisk.Vhd or VirtualDisk.Vhdx))
        {
            throw Invalid(path, $"Format {format} is not 2 (VHD) or 3 (VHDX)");
        }

        if (type is < VirtualDisk.Fixed or > VirtualDisk.Differencing)
        {
            throw Invalid(path, $"Type {type} is not 2 (fixed), 3 (dynamic) or 4 (differencing)");
        }

        var extension = WindowsPath.Extension(path);
        if (extension is not (".vhd" or ".avhd" or ".vhdx" or ".avhdx") || (extension is ".vhd" or ".avhd") != (format == VirtualDisk.Vhd))
        {
            throw Invalid(path, $"The extension '{extension}' does not fit format {format}");
        }

        VirtualDisk? parent = null;
        string? parentPath = null;
        if (type == VirtualDisk.Differencing)
        {
            parentPath = WindowsPath.Normalize(settings.String("ParentPath") is { Length: > 0 } given ? given : throw Invalid(path, "A differencing disk needs ParentPath"));
            parent = Open(parentPath);
            if (parent.Format != format)
            {
                throw Invalid(path, "A differencing disk has its parent's format");
            }
        }

        var size = (ulong)(settings.Number("MaxInternalSize") ?? 0);
        size = parent is not null && size == 0 ? parent.MaxInternalSizeBytes : size;
        var sector = (uint)(settings.Number("LogicalSectorSize") ?? 0);
        sector = sector == 0 ? parent?.LogicalSectorBytes ?? 512 : sector;
        var block = (uint)(settings.Number("BlockSize") ?? 0);
        block = type == VirtualDisk.Fixed ? 0 : block == 0 ? parent is { BlockSizeBytes: > 0 } ? parent.BlockSizeBytes : format == VirtualDisk.Vhd ? 2u << 20 : 32u << 20 : block;
        CheckSize(path, format, size, parent);
        if (sector is not (512 or 4096) || (type != VirtualDisk.Fixed && (block < 512 << 10 || block > 256 << 20 || (block & (block - 1)) != 0)))
        {
            throw Invalid(path, $"LogicalSectorSize {sector} or BlockSize {block} is not possible");
        }

        return (path, new VirtualDisk
        {
            Format = format,
            Type = type,
            MaxInternalSizeBytes = size,
            BlockSizeBytes = block,
            LogicalSectorBytes = sector,
            PhysicalSectorBytes = format == VirtualDisk.Vhd ? 512u : 4096u,
            ParentPath = parentPath,
            ParentId = parent?.Id,
            Id = Guid.TryParse(settings.String("VirtualDiskId"), out var id) && id != Guid.Empty ? id : newId(),
        });
    }

    /// <summary>Makes a new disk; a file that is there already is a fault.</summary>
    public void Create(string path, VirtualDisk disk) => files.Write(path, disk.FileSizeBytes, disk, overwrite: false);

    /// <summary>Makes a differencing disk of another.</summary>
    public void CreateChild(string path, string parentPath)
    {
        var (normal, disk) = Plan(new CimInstance("Msvm_VirtualHardDiskSettingData") { ["Path"] = path, ["ParentPath"] = parentPath, ["Type"] = VirtualDisk.Differencing, ["Format"] = Open(parentPath).Format });
        Create(normal, disk);
    }

    /// <summary>The guest's or anybody's writing: <paramref name="bytes"/> more are allocated, as far as the disk goes.</summary>
    public void Grow(string path, ulong bytes)
    {
        var disk = Open(path);
        Replace(path, disk with { WrittenBytes = Math.Min(disk.MaxInternalSizeBytes, disk.WrittenBytes + bytes) });
    }

    /// <summary>Changes the size that the guest sees. Only VHDX can become smaller, and not smaller than what is written.</summary>
    public void Resize(string path, ulong maxInternalSizeBytes)
    {
        var disk = Open(path);
        CheckSize(path, disk.Format, maxInternalSizeBytes, null);
        if (disk.Type == VirtualDisk.Differencing && disk.Format == VirtualDisk.Vhd)
        {
            throw Invalid(path, "A differencing VHD cannot be resized");
        }

        if (maxInternalSizeBytes < disk.MaxInternalSizeBytes && (disk.Format == VirtualDisk.Vhd || maxInternalSizeBytes < MinInternalSizeBytes(disk)))
        {
            throw Invalid(path, $"It cannot become smaller than {(disk.Format == VirtualDisk.Vhd ? disk.MaxInternalSizeBytes : MinInternalSizeBytes(disk))} bytes");
        }

        Replace(path, disk with { MaxInternalSizeBytes = maxInternalSizeBytes });
    }

    /// <summary>The least size to which the disk can be resized, in bytes.</summary>
    public static ulong MinInternalSizeBytes(VirtualDisk disk) =>
        disk.Format == VirtualDisk.Vhd ? disk.MaxInternalSizeBytes : Math.Max(SmallestBytes, Math.Min(disk.MaxInternalSizeBytes, (disk.WrittenBytes + 0xFFFFF) & ~0xFFFFFUL));

    /// <summary>Writes a differencing disk into its parent, or into another of its chain; those between go too.</summary>
    public void Merge(string sourcePath, string destinationPath)
    {
        var chain = Chain(sourcePath);
        var target = WindowsPath.Normalize(destinationPath);
        var index = chain.ToList().FindIndex(one => one.Path.Equals(target, StringComparison.OrdinalIgnoreCase));
        if (index < 1)
        {
            throw Invalid(destinationPath, $"'{sourcePath}' is not made of it");
        }

        var written = chain.Take(index + 1).Aggregate(0UL, (sum, one) => sum + one.Disk.WrittenBytes);
        var into = chain[index].Disk;
        var size = chain[0].Disk.MaxInternalSizeBytes;
        Replace(target, into with { MaxInternalSizeBytes = size, WrittenBytes = Math.Min(size, written) });
        for (var i = 0; i < index; i++)
        {
            files.Delete(chain[i].Path);
        }
    }

    /// <summary>Makes a new disk of another type or format with the whole content of a chain.</summary>
    public void Convert(string sourcePath, string destinationPath, VirtualDisk plan)
    {
        var chain = Chain(sourcePath);
        var source = chain[0].Disk;
        var written = Math.Min(source.MaxInternalSizeBytes, chain.Aggregate(0UL, (sum, one) => sum + one.Disk.WrittenBytes));
        Create(destinationPath, plan with { MaxInternalSizeBytes = source.MaxInternalSizeBytes, WrittenBytes = plan.Type == VirtualDisk.Differencing ? 0 : written });
    }

    /// <summary>Gives a differencing disk another place of its parent, whose content must be the same unless <paramref name="ignoreMismatch"/>.</summary>
    public void SetParent(string childPath, string parentPath, bool ignoreMismatch)
    {
        var child = Open(childPath);
        var parent = Open(parentPath);
        if (child.Type != VirtualDisk.Differencing)
        {
            throw Invalid(childPath, "It is no differencing disk");
        }

        if (child.ParentId != parent.Id && !ignoreMismatch)
        {
            throw Invalid(parentPath, $"It is not the disk that '{childPath}' was made of");
        }

        Replace(childPath, child with { ParentPath = WindowsPath.Normalize(parentPath), ParentId = parent.Id });
    }

    private void Replace(string path, VirtualDisk disk) => files.Write(path, disk.FileSizeBytes, disk);

    private static void CheckSize(string path, ushort format, ulong size, VirtualDisk? parent)
    {
        var largest = format == VirtualDisk.Vhd ? 2040UL << 30 : 64UL << 40;
        if (size < SmallestBytes || size > largest || size % 512 != 0 || (parent is not null && size < parent.MaxInternalSizeBytes))
        {
            throw Invalid(path, $"MaxInternalSize {size} is not a number of sectors between {parent?.MaxInternalSizeBytes ?? SmallestBytes} and {largest} bytes");
        }
    }

    private static StorageFault Invalid(string path, string why) => new(StorageError.InvalidName, path, why);
}
