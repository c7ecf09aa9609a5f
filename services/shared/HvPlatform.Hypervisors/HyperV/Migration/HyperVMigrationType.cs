namespace HvPlatform.Hypervisors.HyperV;

/// <summary>What a migration moves: <c>Msvm_VirtualSystemMigrationSettingData.MigrationType</c>.</summary>
internal enum HyperVMigrationType : ushort
{
    /// <summary>The VM; its disks stay where both hosts reach them.</summary>
    VirtualSystem = 32768,

    /// <summary>Disks and files, on the same host.</summary>
    Storage = 32769,

    /// <summary>Nothing yet: makes a planned VM on the destination.</summary>
    Staged = 32770,

    /// <summary>The VM and disks of it.</summary>
    VirtualSystemAndStorage = 32771,

    /// <summary>Nothing: looks whether the disks could move.</summary>
    StorageDeepCheck = 32772,
}
