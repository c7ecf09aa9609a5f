using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Migrations;

/// <summary>What to do about a guest that dirties its memory faster than it is copied.</summary>
[JsonConverter(typeof(TolerantEnumConverter<ConvergenceAction>))]
public enum ConvergenceAction
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>Allow a longer pause at the switch-over.</summary>
    RaiseDowntime = 1,

    /// <summary>Let the guest run on the destination at once and fetch its memory afterwards. There is no way back from here, and a broken link then stops the guest.</summary>
    PostCopy = 2,

    /// <summary>Pause the guest until it has moved; it then runs on.</summary>
    Suspend = 3,

    /// <summary>Give up: the VM stays.</summary>
    Abort = 4,
}
