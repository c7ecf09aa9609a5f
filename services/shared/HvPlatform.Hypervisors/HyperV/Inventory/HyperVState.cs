using System.Globalization;
using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Hyper-V's states (<c>Msvm_ComputerSystem.EnabledState</c>) in ours and in words. A VM on its way between two states counts as what it still is, or already is, to
/// someone who cares whether it executes. What is above 32780 means different things to different sources and stays a number.
/// </summary>
internal static class HyperVState
{
    public const int Running = 2;
    public const int Off = 3;
    public const int Saved = 6;
    public const int Paused = 9;

    private static readonly Dictionary<int, (VmState State, string Name)> Known = new()
    {
        [Running] = (VmState.Running, "Running"),
        [Off] = (VmState.Off, "Off"),
        [4] = (VmState.ShuttingDown, "Stopping"),
        [Saved] = (VmState.Saved, "Saved"),
        [Paused] = (VmState.Paused, "Paused"),
        [10] = (VmState.Running, "Starting"),
        [11] = (VmState.Running, "Reset"),
        [32773] = (VmState.Paused, "Saving"),
        [32776] = (VmState.Running, "Pausing"),
        [32777] = (VmState.Paused, "Resuming"),
        [32779] = (VmState.Saved, "FastSaved"),
        [32780] = (VmState.Paused, "FastSaving"),
    };

    /// <summary>The state as everyone else knows it.</summary>
    public static VmState Map(int enabledState) => Known.TryGetValue(enabledState, out var known) ? known.State : VmState.Unknown;

    /// <summary>Hyper-V's own word for a state, or its number.</summary>
    public static string Name(int enabledState) => Known.TryGetValue(enabledState, out var known) ? known.Name : enabledState.ToString(CultureInfo.InvariantCulture);

    /// <summary>The word if it says more than the state that everyone else knows.</summary>
    public static string? Reason(int enabledState) => Name(enabledState) is var name && name == Map(enabledState).ToString() ? null : name;

    /// <summary>On its way from one state to another.</summary>
    public static bool IsTransitional(int enabledState) => enabledState is 4 or 10 or 11 or 32773 or 32776 or 32777 or 32780;
}
