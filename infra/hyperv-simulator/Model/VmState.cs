namespace HvPlatform.HyperVSimulator.Model;

/// <summary><c>Msvm_ComputerSystem.EnabledState</c> of a virtual machine.</summary>
public enum VmState : ushort
{
    /// <summary>Unknown.</summary>
    Unknown = 0,

    /// <summary>Other.</summary>
    Other = 1,

    /// <summary>Running.</summary>
    Running = 2,

    /// <summary>Off.</summary>
    Off = 3,

    /// <summary>The guest shuts down, or the machine is being turned off.</summary>
    Stopping = 4,

    /// <summary>Saved.</summary>
    Saved = 6,

    /// <summary>Paused.</summary>
    Paused = 9,

    /// <summary>Starting.</summary>
    Starting = 10,

    /// <summary>Being reset.</summary>
    Reset = 11,

    /// <summary>Being saved.</summary>
    Saving = 32773,

    /// <summary>Being paused.</summary>
    Pausing = 32776,

    /// <summary>Being resumed.</summary>
    Resuming = 32777,

    /// <summary>Hibernated by the guest.</summary>
    Hibernated = 32783,
}
