using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model.Migration;

/// <summary>What a caller of MigrateVirtualSystemToHost or one of the checks asks for.</summary>
internal sealed record MigrationRequest
{
    private const ushort TransportTcp = 5;
    private const ushort TransportSmb = 32768;

    /// <summary>What moves.</summary>
    public required MigrationType Type { get; init; }

    /// <summary>Name or address of the destination; empty for a storage migration on the same host.</summary>
    public required string DestinationHost { get; init; }

    /// <summary>Addresses of the destination's migration listener, of which one must be right; empty for any.</summary>
    public required IReadOnlyList<string> DestinationAddresses { get; init; }

    /// <summary>Memory goes over SMB instead of TCP.</summary>
    public required bool OverSmb { get; init; }

    /// <summary>Memory is compressed.</summary>
    public required bool Compressed { get; init; }

    /// <summary>How much the guest's processors are held back so that copying catches up: 0 normal, 1 little, 2 much.</summary>
    public required ushort CpuCapping { get; init; }

    /// <summary>Gives up instead of a long black-out.</summary>
    public required bool CancelIfBlackoutExceeded { get; init; }

    /// <summary>Old disks stay on the source.</summary>
    public required bool KeepSourceDisks { get; init; }

    /// <summary>Files at the destination's paths may be overwritten.</summary>
    public required bool Overwrite { get; init; }

    /// <summary>The planned virtual machine on the destination that this one becomes, or null.</summary>
    public required Guid? PlannedId { get; init; }

    /// <summary>Directories and name at the destination; null for the present ones.</summary>
    public required CimInstance? NewSystem { get; init; }

    /// <summary>The virtual machine's own resources with other host resources: disks with their new paths, network adapters' connections with other switches.</summary>
    public required IReadOnlyList<CimInstance> NewResources { get; init; }

    /// <summary>Further disk files that go along: from path to path.</summary>
    public required IReadOnlyList<(string From, string To)> UnmanagedDisks { get; init; }

    /// <summary>Whether disks are copied.</summary>
    public bool MovesStorage => Type is MigrationType.Storage or MigrationType.VirtualSystemAndStorage;

    /// <summary>Whether the virtual machine leaves its host.</summary>
    public bool MovesSystem => Type is MigrationType.VirtualSystem or MigrationType.VirtualSystemAndStorage;

    /// <summary>The <c>JobType</c> of the migration's job.</summary>
    public ushort JobType => Type switch
    {
        MigrationType.Staged => 300,
        MigrationType.VirtualSystem => 305,
        MigrationType.VirtualSystemAndStorage => 306,
        MigrationType.Storage => 307,
        _ => 303,
    };

    /// <summary>Reads a method's arguments. <see cref="MethodRefused"/> with <paramref name="invalid"/> if they cannot be meant.</summary>
    public static MigrationRequest Read(CimInstance arguments, uint invalid)
    {
        try
        {
            return Read(arguments, Embedded(arguments.String("MigrationSettingData"), "Msvm_VirtualSystemMigrationSettingData", invalid), invalid);
        }
        catch (CimException wrong)
        {
            throw new MethodRefused(invalid, wrong.Message);
        }
    }

    private static MigrationRequest Read(CimInstance arguments, CimInstance? settings, uint invalid)
    {
        var type = (MigrationType)(settings?.Number("MigrationType") ?? (long)MigrationType.VirtualSystem);
        if (type is < MigrationType.VirtualSystem or > MigrationType.StorageDeepCheck)
        {
            throw new MethodRefused(invalid, $"MigrationType {(ushort)type} is none.");
        }

        var transport = (ushort)(settings?.Number("TransportType") ?? 0);
        var compressed = settings?.Boolean("EnableCompression") ?? false;
        if (transport is not (0 or TransportTcp or TransportSmb) || (transport == TransportSmb && compressed))
        {
            throw new MethodRefused(invalid, $"TransportType {transport} is not 5 (TCP) or 32768 (SMB), or it cannot be compressed.");
        }

        var capping = (ushort)(settings?.Number("CPUCappingMagnitude") ?? 0);
        var destination = arguments.String("DestinationHost") ?? string.Empty;
        if (capping > 2 || (destination.Length == 0) != (type == MigrationType.Storage))
        {
            throw new MethodRefused(invalid, "CPUCappingMagnitude is 0 to 2; DestinationHost is given exactly if the storage does not stay on this host.");
        }

        var plannedText = settings?.String("DestinationPlannedVirtualSystemId");
        Guid? planned = string.IsNullOrEmpty(plannedText) ? null : Guid.TryParse(plannedText, out var id) ? id : throw new MethodRefused(invalid, "DestinationPlannedVirtualSystemId is no GUID.");
        return new MigrationRequest
        {
            Type = type,
            DestinationHost = destination,
            DestinationAddresses = settings?.Array<string>("DestinationIPAddressList") ?? [],
            OverSmb = transport == TransportSmb,
            Compressed = compressed,
            CpuCapping = capping,
            CancelIfBlackoutExceeded = settings?.Boolean("CancelIfBlackoutThresholdExceeded") ?? false,
            KeepSourceDisks = (settings?.Boolean("RetainVhdCopiesOnSource") ?? false) || (settings?.Boolean("AvoidRemovingVHDs") ?? false),
            Overwrite = settings?.Boolean("AllowOverwriteExistingFile") ?? false,
            PlannedId = planned,
            NewSystem = Embedded(arguments.String("NewSystemSettingData"), "Msvm_VirtualSystemSettingData", invalid),
            NewResources = [.. arguments.Array<string>("NewResourceSettingData").Select(text => Embedded(text, "CIM_ResourceAllocationSettingData", invalid)!)],
            UnmanagedDisks = [.. settings?.Array<string>("UnmanagedVhds").Select(text => Unmanaged(text, invalid)) ?? []],
        };
    }

    private static (string From, string To) Unmanaged(string text, uint invalid)
    {
        var one = Embedded(text, "Msvm_MoveUnmanagedVhd", invalid)!;
        try
        {
            return (WindowsPath.Normalize(one.String("VhdSourcePath")), WindowsPath.Normalize(one.String("VhdDestinationPath")));
        }
        catch (StorageFault wrong)
        {
            throw new MethodRefused(invalid, wrong.Message);
        }
    }

    private static CimInstance? Embedded(string? text, string className, uint invalid)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var instance = CimXml.Read(text);
        return CimSchema.Instance.Is(instance.ClassName, className) ? instance : throw new MethodRefused(invalid, $"A {instance.ClassName} was given where a {className} is wanted.");
    }
}
