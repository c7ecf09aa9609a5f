using HvPlatform.Contracts;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>libvirt's states and reasons (<c>virDomainState</c> and the reason enumerations beside it) in ours and in words.</summary>
internal static class DomainState
{
    static readonly string[] Running =
    [
        "unknown", "booted", "migrated", "restored", "from snapshot", "unpaused", "migration canceled", "save canceled", "event wakeup", "crashed",
        "post-copy", "post-copy failed",
    ];

    static readonly string[] Paused =
    [
        "unknown", "user", "migrating", "saving", "dumping", "I/O error", "watchdog", "from snapshot", "shutting down", "creating snapshot", "crashed",
        "starting up", "post-copy", "post-copy failed",
    ];

    static readonly string[] Shutoff = ["unknown", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from snapshot", "daemon"];

    public static VmState Map(int state, bool managedSave) => state switch
    {
        VirConst.StateRunning or VirConst.StateBlocked => VmState.Running,
        VirConst.StatePaused => VmState.Paused,
        VirConst.StateShutdown => VmState.ShuttingDown,
        VirConst.StateShutoff => managedSave ? VmState.Saved : VmState.Off,
        VirConst.StateCrashed => VmState.Crashed,
        VirConst.StatePmSuspended => VmState.Suspended,
        _ => VmState.Unknown,
    };

    public static string? Reason(int state, int reason)
    {
        var names = state switch
        {
            VirConst.StateRunning => Running,
            VirConst.StatePaused => Paused,
            VirConst.StateShutoff => Shutoff,
            _ => [],
        };
        return reason > 0 && reason < names.Length ? names[reason] : null;
    }

    /// <summary>The guest has switched over before all of its memory had, on either side; also if that broke off.</summary>
    public static bool IsPostCopy(int state, int reason) => (state, reason) is
        (VirConst.StateRunning, VirConst.RunningPostCopy or VirConst.RunningPostCopyFailed) or (VirConst.StatePaused, VirConst.PausedPostCopy or VirConst.PausedPostCopyFailed);

    /// <summary>A QEMU process exists.</summary>
    public static bool IsActive(int state) => state is not (VirConst.StateShutoff or 0);
}
