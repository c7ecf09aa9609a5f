using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Exports;

/// <summary><c>Msvm_VirtualSystemExportSettingData</c>, read.</summary>
internal sealed record ExportSettings
{
    public const byte AllSnapshots = 0;
    public const byte NoSnapshots = 1;
    public const byte OneSnapshot = 2;
    public const byte OneSnapshotForBackup = 3;

    public required byte Snapshots { get; init; }

    public required bool CopyRuntime { get; init; }

    public required bool CopyStorage { get; init; }

    public required bool Subdirectory { get; init; }

    public required byte LiveState { get; init; }

    /// <summary>The one snapshot that is exported, by id; null unless <see cref="Snapshots"/> says so.</summary>
    public required string? SnapshotId { get; init; }

    /// <summary>Disks that stay where they are: their paths, or the paths of their settings.</summary>
    public required IReadOnlyList<string> Excluded { get; init; }

    /// <summary>What a host gives for a virtual machine at first.</summary>
    public static CimInstance Default(SimulatedVm vm)
    {
        var settings = CimBlank.Of("Msvm_VirtualSystemExportSettingData");
        settings["BackupIntent"] = (byte)0;
        settings["Caption"] = "Virtual Machine Export Settings";
        settings["CaptureLiveState"] = (byte)1;
        settings["CopySnapshotConfiguration"] = AllSnapshots;
        settings["CopyVmRuntimeInformation"] = true;
        settings["CopyVmStorage"] = true;
        settings["CreateVmExportSubdirectory"] = true;
        settings["Description"] = "Settings for the export of a virtual machine.";
        settings["DisableDifferentialOfIgnoredStorage"] = false;
        settings["ElementName"] = vm.Name;
        settings["ExportForLiveMigration"] = false;
        settings["InstanceID"] = InstanceIdOf(vm);
        return settings;
    }

    public static string InstanceIdOf(SimulatedVm vm) => $@"Microsoft:{vm.Key}\Export";

    /// <summary>Reads what a caller gave; <see cref="MethodRefused"/> if it cannot be meant for this virtual machine.</summary>
    public static ExportSettings Read(SimulatedVm vm, string? text)
    {
        var given = string.IsNullOrEmpty(text) ? Default(vm) : HostServices.Embedded(text, "Msvm_VirtualSystemExportSettingData");
        var snapshots = (byte)(given.Number("CopySnapshotConfiguration") ?? AllSnapshots);
        var live = (byte)(given.Number("CaptureLiveState") ?? 1);
        if (snapshots > OneSnapshotForBackup || live > 2 || given.Number("BackupIntent") is > 1)
        {
            throw new MethodRefused(ReturnCode.InvalidParameter, "CopySnapshotConfiguration is 0 to 3, CaptureLiveState 0 to 2, BackupIntent 0 or 1.");
        }

        if (given.String("DifferentialBackupBase") is { Length: > 0 })
        {
            throw new MethodRefused(ReturnCode.NotSupported, "There are no reference points to export differences from.");
        }

        string? snapshotId = null;
        if (snapshots is OneSnapshot or OneSnapshotForBackup)
        {
            var id = CimPath.TryParse(given.String("SnapshotVirtualSystem"), out var path) ? path!["InstanceID"] : null;
            snapshotId = vm.Snapshots.Find(one => string.Equals(id, one.Settings.String("InstanceID"), StringComparison.OrdinalIgnoreCase))?.Id
                ?? throw new MethodRefused(ReturnCode.InvalidParameter, "SnapshotVirtualSystem names no snapshot of the virtual machine.");
        }

        // One snapshot is always exported with its storage and state; a definition for live migration never has either.
        var one = snapshots == OneSnapshot;
        var definitionOnly = given.Boolean("ExportForLiveMigration") ?? false;
        return new ExportSettings
        {
            Snapshots = snapshots,
            CopyRuntime = !definitionOnly && (one || (given.Boolean("CopyVmRuntimeInformation") ?? false)),
            CopyStorage = !definitionOnly && (one || (given.Boolean("CopyVmStorage") ?? false)),
            Subdirectory = given.Boolean("CreateVmExportSubdirectory") ?? false,
            LiveState = live,
            SnapshotId = snapshotId,
            Excluded = given.Array<string>("ExcludedVirtualHardDisks"),
        };
    }
}
