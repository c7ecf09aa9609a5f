using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>The arguments of <c>MigrateVirtualSystemToHost</c> and of the checks before it, which take the same.</summary>
internal static class HyperVMigrationCall
{
    private const ushort Tcp = 5;
    private const ushort Smb = 32768;

    /// <summary>What moves: with disks if any are to be copied.</summary>
    public static HyperVMigrationType TypeOf(MigrationSourceFacts? facts) => facts?.HyperV is { Disks.Count: > 0 } ? HyperVMigrationType.VirtualSystemAndStorage : HyperVMigrationType.VirtualSystem;

    /// <summary>The arguments. What is not asked for is not sent: the hosts' own settings hold then.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="vm">The VM on the source.</param>
    /// <param name="to">The destination.</param>
    /// <param name="type">What is asked for.</param>
    /// <param name="policy">How.</param>
    /// <param name="facts">Which disks are copied where; null for none.</param>
    /// <param name="parts">The VM's settings, whose texts are sent with what changes.</param>
    /// <param name="planned">The id of the planned VM to move into; null for none.</param>
    public static CimInstance Arguments(
        string method, CimPath vm, HyperVMigrationAddress to, HyperVMigrationType type, MigrationPolicy policy, MigrationSourceFacts? facts, HyperVParts parts, string? planned)
    {
        var arguments = new CimInstance(method)
        {
            ["ComputerSystem"] = vm,
            ["DestinationHost"] = to.Host,
            ["MigrationSettingData"] = CimXml.Write(Settings(to, type, policy, planned)),
        };
        if (NewSystem(policy, parts) is { } system)
        {
            arguments["NewSystemSettingData"] = CimXml.Write(system);
        }

        if (type is HyperVMigrationType.VirtualSystemAndStorage or HyperVMigrationType.StorageDeepCheck && facts?.HyperV is { } hyperV && NewDisks(hyperV, parts) is { Length: > 0 } disks)
        {
            arguments["NewResourceSettingData"] = disks;
        }

        return arguments;
    }

    private static CimInstance Settings(HyperVMigrationAddress to, HyperVMigrationType type, MigrationPolicy policy, string? planned)
    {
        var settings = new CimInstance("Msvm_VirtualSystemMigrationSettingData") { ["MigrationType"] = (ushort)type };
        if (to.Addresses.Count > 0)
        {
            settings["DestinationIPAddressList"] = to.Addresses.ToArray();
        }

        if (planned is not null)
        {
            settings["DestinationPlannedVirtualSystemId"] = planned;
        }

        var options = policy.HyperV ?? new HyperVMigrationOptions();
        ushort? transport = options.Transport switch
        {
            HyperVTransport.Smb => Smb,
            HyperVTransport.Tcp => Tcp,

            // Compression is a way of TCP.
            _ => options.Compression == true ? Tcp : null,
        };
        Set("TransportType", transport);
        Set("EnableCompression", options.Compression);
        Set("CPUCappingMagnitude", Capping(policy, options));
        Set("CancelIfBlackoutThresholdExceeded", options.CancelOnBlackout ? true : null);
        Set("AllowOverwriteExistingFile", options.OverwriteDisks ? true : null);
        Set("RetainVhdCopiesOnSource", options.RetainDisksOnSource ? true : null);
        Set("AvoidRemovingVHDs", options.AvoidRemovingDisks ? true : null);
        return settings;

        void Set(string name, object? value)
        {
            if (value is not null)
            {
                settings[name] = value;
            }
        }
    }

    private static ushort? Capping(MigrationPolicy policy, HyperVMigrationOptions options) => options.CpuCapping switch
    {
        HyperVCpuCapping.Normal => 0,
        HyperVCpuCapping.Low => 1,
        HyperVCpuCapping.High => 2,
        _ => policy.AutoConverge ? (ushort)2 : null,
    };

    /// <summary>Only what changes, with the identity: read-only members sent back make the job fail.</summary>
    private static CimInstance? NewSystem(MigrationPolicy policy, HyperVParts parts)
    {
        if (policy.HyperV is not { } options || (options.NewName is null && options.DestinationPath is null))
        {
            return null;
        }

        var system = new CimInstance("Msvm_VirtualSystemSettingData") { ["InstanceID"] = parts.Settings.String("InstanceID") };
        if (options.NewName is { } name)
        {
            system["ElementName"] = name;
        }

        if (options.DestinationPath is { } path)
        {
            system["ConfigurationDataRoot"] = path;
            system["SnapshotDataRoot"] = path;
            system["SwapFileDataRoot"] = path;
        }

        return system;
    }

    /// <summary>The settings of each copied disk as they are, with its file replaced.</summary>
    private static string[] NewDisks(HyperVSourceFacts facts, HyperVParts parts)
    {
        var moves = facts.Disks.ToDictionary(d => d.Source, d => d.Destination, StringComparer.OrdinalIgnoreCase);
        return [.. parts.Disks.Where(d => moves.ContainsKey(HyperVParts.FileOf(d)!)).Select(d => CimXml.Write(HyperVParts.WithFile(d, moves[HyperVParts.FileOf(d)!])))];
    }
}
