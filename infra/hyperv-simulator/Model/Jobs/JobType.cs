namespace HvPlatform.HyperVSimulator.Model;

/// <summary><c>JobType</c> of jobs, as documented for <c>Msvm_ConcreteJob</c>. A number that is missing here may be cast.</summary>
public enum JobType : ushort
{
    /// <summary>Unknown.</summary>
    Unknown = 0,

    /// <summary>Define Virtual Machine.</summary>
    DefineVm = 1,

    /// <summary>Modify Virtual Machine.</summary>
    ModifyVm = 2,

    /// <summary>Destroy Virtual Machine.</summary>
    DestroyVm = 3,

    /// <summary>Modify Management Service Settings.</summary>
    ModifyService = 4,

    /// <summary>Start Virtual Machine.</summary>
    StartVm = 12,

    /// <summary>Power Off Virtual Machine.</summary>
    TurnOffVm = 13,

    /// <summary>Save Virtual Machine.</summary>
    SaveVm = 14,

    /// <summary>Restore Virtual Machine.</summary>
    RestoreVm = 15,

    /// <summary>Shut Down Virtual Machine.</summary>
    ShutDownVm = 16,

    /// <summary>Pause Virtual Machine.</summary>
    PauseVm = 26,

    /// <summary>Resume Virtual Machine.</summary>
    ResumeVm = 27,

    /// <summary>Reset Virtual Machine.</summary>
    ResetVm = 28,

    /// <summary>Reboot Virtual Machine.</summary>
    RebootVm = 29,

    /// <summary>Add Virtual Machine Resources.</summary>
    AddResources = 30,

    /// <summary>Modify Virtual Machine Resources.</summary>
    ModifyResources = 31,

    /// <summary>Remove Virtual Machine Resources.</summary>
    RemoveResources = 32,

    /// <summary>Import Virtual Machine.</summary>
    ImportVm = 61,

    /// <summary>Export Virtual Machine.</summary>
    ExportVm = 62,

    /// <summary>Snapshot Virtual Machine.</summary>
    TakeSnapshot = 70,

    /// <summary>Apply Virtual Machine Snapshot.</summary>
    ApplySnapshot = 71,

    /// <summary>Delete Virtual Machine Snapshot.</summary>
    DeleteSnapshot = 72,

    /// <summary>Validate Planned Virtual Machine.</summary>
    ValidatePlannedVm = 140,

    /// <summary>Realizing Virtual Machine.</summary>
    RealizeVm = 141,
}
