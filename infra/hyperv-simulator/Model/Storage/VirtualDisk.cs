using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Storage;

/// <summary>The content of a virtual hard disk's file: <c>Msvm_VirtualHardDiskSettingData</c> without its path. Never changed, only replaced.</summary>
public sealed record VirtualDisk
{
    /// <summary>Type: all bytes allocated when made.</summary>
    public const ushort Fixed = 2;

    /// <summary>Type: grows with what is written.</summary>
    public const ushort Dynamic = 3;

    /// <summary>Type: what differs from a parent.</summary>
    public const ushort Differencing = 4;

    /// <summary>Format of <c>.vhd</c>, at most 2040 GiB.</summary>
    public const ushort Vhd = 2;

    /// <summary>Format of <c>.vhdx</c>, at most 64 TiB.</summary>
    public const ushort Vhdx = 3;

    /// <summary>2 VHD, 3 VHDX.</summary>
    public required ushort Format { get; init; }

    /// <summary>2 fixed, 3 dynamic, 4 differencing.</summary>
    public required ushort Type { get; init; }

    /// <summary>The size that the guest sees, in bytes.</summary>
    public required ulong MaxInternalSizeBytes { get; init; }

    /// <summary>The identity of this disk's content; a merge or a copy keeps it.</summary>
    public required Guid Id { get; init; }

    /// <summary>Bytes in which the file grows; 0 if fixed.</summary>
    public uint BlockSizeBytes { get; init; }

    /// <summary>The guest's sectors, in bytes.</summary>
    public uint LogicalSectorBytes { get; init; } = 512;

    /// <summary>The disk's own sectors, in bytes.</summary>
    public uint PhysicalSectorBytes { get; init; } = 4096;

    /// <summary>The parent's file, of a differencing disk.</summary>
    public string? ParentPath { get; init; }

    /// <summary>The parent's <see cref="Id"/> when this one was made of it.</summary>
    public Guid? ParentId { get; init; }

    /// <summary>Bytes that the guest has written into this file.</summary>
    public ulong WrittenBytes { get; init; }

    /// <summary>How large its file is, in bytes.</summary>
    public ulong FileSizeBytes => Type == Fixed
        ? MaxInternalSizeBytes + (Format == Vhd ? 512UL : 4UL << 20)
        : (Format == Vhd ? 64UL << 10 : 4UL << 20) + (((WrittenBytes + BlockSizeBytes - 1) / BlockSizeBytes) * BlockSizeBytes);

    /// <summary>As GetVirtualHardDiskSettingData gives it.</summary>
    public CimInstance ToSettings(string path) => new("Msvm_VirtualHardDiskSettingData")
    {
        ["BlockSize"] = BlockSizeBytes,
        ["Caption"] = "Virtual Hard Disk Setting Data",
        ["DataAlignment"] = 0UL,
        ["Description"] = "Setting Data for a Virtual Hard Disk.",
        ["ElementName"] = WindowsPath.FileName(path),
        ["Format"] = Format,
        ["InstanceID"] = null,
        ["IsPmemCompatible"] = false,
        ["LogicalSectorSize"] = LogicalSectorBytes,
        ["MaxInternalSize"] = MaxInternalSizeBytes,
        ["ParentIdentifier"] = ParentId?.ToString().ToUpperInvariant() ?? string.Empty,
        ["ParentPath"] = ParentPath ?? string.Empty,
        ["ParentTimestamp"] = new CimDateTime(CimDateTime.Never),
        ["Path"] = path,
        ["PhysicalSectorSize"] = PhysicalSectorBytes,
        ["PmemAddressAbstractionType"] = (ushort)0,
        ["Type"] = Type,
        ["VirtualDiskId"] = Id.ToString().ToUpperInvariant(),
    };
}
