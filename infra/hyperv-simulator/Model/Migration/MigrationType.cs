namespace HvPlatform.HyperVSimulator.Model.Migration;

/// <summary><c>Msvm_VirtualSystemMigrationSettingData.MigrationType</c>.</summary>
public enum MigrationType : ushort
{
    /// <summary>Unknown.</summary>
    Unknown = 0,

    /// <summary>The virtual machine goes to another host; its storage stays, and both hosts see it.</summary>
    VirtualSystem = 32768,

    /// <summary>The storage goes to other paths on the same host.</summary>
    Storage = 32769,

    /// <summary>Makes a planned virtual machine on the destination.</summary>
    Staged = 32770,

    /// <summary>The virtual machine and its storage go to another host.</summary>
    VirtualSystemAndStorage = 32771,

    /// <summary>Only looks whether the storage could go to another host.</summary>
    StorageDeepCheck = 32772,
}
