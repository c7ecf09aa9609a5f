using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>What an operation does.</summary>
[JsonConverter(typeof(TolerantEnumConverter<OperationKind>))]
public enum OperationKind
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>Start a VM.</summary>
    StartVm = 1,

    /// <summary>Ask the guest to shut down.</summary>
    ShutDownVm = 2,

    /// <summary>Turn a VM off at once.</summary>
    ForceOffVm = 3,

    /// <summary>Pause a VM.</summary>
    PauseVm = 4,

    /// <summary>Resume a VM.</summary>
    ResumeVm = 5,

    /// <summary>Reboot a VM.</summary>
    RebootVm = 6,

    /// <summary>Delete a VM's definition.</summary>
    DeleteVm = 7,

    /// <summary>Define a VM.</summary>
    DefineVm = 8,

    /// <summary>Live-migrate a VM.</summary>
    MigrateVm = 9,

    /// <summary>Export a VM into a directory.</summary>
    ExportVm = 10,

    /// <summary>Make a VM out of an export.</summary>
    ImportVm = 11,

    /// <summary>Write a VM's memory to disk and stop it.</summary>
    SaveVm = 12,

    /// <summary>Reset a VM at once.</summary>
    ResetVm = 13,

    /// <summary>Ask the guest to hibernate.</summary>
    HibernateVm = 14,

    /// <summary>Give a VM another name.</summary>
    RenameVm = 15,

    /// <summary>Change a VM's settings.</summary>
    ReconfigureVm = 16,

    /// <summary>Create a checkpoint of a VM.</summary>
    CreateVmCheckpoint = 17,

    /// <summary>Bring a VM back to a checkpoint.</summary>
    ApplyVmCheckpoint = 18,

    /// <summary>Delete a checkpoint of a VM.</summary>
    DeleteVmCheckpoint = 19,

    /// <summary>Change key-value pairs that the host keeps for a VM.</summary>
    WriteVmKvp = 20,

    /// <summary>Copy a file of the host into the guest.</summary>
    CopyFileToVm = 21,

    /// <summary>Move a VM's disks and files to another place of its host.</summary>
    MoveVmStorage = 22,
}
