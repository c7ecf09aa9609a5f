namespace HvPlatform.Hypervisors.HyperV;

/// <summary><c>Msvm_ComputerSystem.EnabledState</c> of a VM. Numbers above 32780 mean different things to different versions and are not taken for anything.</summary>
internal enum VmPowerState
{
    /// <summary>Not told.</summary>
    Unknown = 0,

    /// <summary>None of the others.</summary>
    Other = 1,

    /// <summary>Runs.</summary>
    Running = 2,

    /// <summary>Off.</summary>
    Off = 3,

    /// <summary>Shuts down.</summary>
    Stopping = 4,

    /// <summary>Memory on disk.</summary>
    Saved = 6,

    /// <summary>Processors stopped.</summary>
    Paused = 9,

    /// <summary>Is being started.</summary>
    Starting = 10,

    /// <summary>Is being reset.</summary>
    Reset = 11,

    /// <summary>Is being saved.</summary>
    Saving = 32773,

    /// <summary>Is being paused.</summary>
    Pausing = 32776,

    /// <summary>Is being resumed.</summary>
    Resuming = 32777,

    /// <summary>Saved in the fast way of containers.</summary>
    FastSaved = 32779,

    /// <summary>Is being saved so.</summary>
    FastSaving = 32780,
}

/// <summary>What is true of states.</summary>
internal static class VmPowerStates
{
    /// <summary>On the way to another state, by itself.</summary>
    public static bool IsTransitional(VmPowerState state) => HyperVState.IsTransitional((int)state);

    /// <summary>One whose meaning is certain.</summary>
    public static bool IsKnown(VmPowerState state) => state is not (VmPowerState.Unknown or VmPowerState.Other) && Enum.IsDefined(state);
}
