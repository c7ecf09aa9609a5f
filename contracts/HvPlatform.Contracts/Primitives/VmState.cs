using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>What a host says a VM is doing. Names follow libvirt's <c>virDomainState</c>; the comments give Hyper-V's <c>EnabledState</c>.</summary>
[JsonConverter(typeof(TolerantEnumConverter<VmState>))]
public enum VmState
{
    /// <summary>The host could not say, or this build does not know the state.</summary>
    Unknown = 0,

    /// <summary>Defined, not running (SHUTOFF; EnabledState 3).</summary>
    Off = 1,

    /// <summary>Executing (RUNNING or BLOCKED; EnabledState 2).</summary>
    Running = 2,

    /// <summary>In memory, virtual CPUs stopped (PAUSED; EnabledState 32768).</summary>
    Paused = 3,

    /// <summary>The guest is shutting down (SHUTDOWN; EnabledState 4).</summary>
    ShuttingDown = 4,

    /// <summary>The guest crashed and its process is kept (CRASHED).</summary>
    Crashed = 5,

    /// <summary>The guest suspended itself to memory (PMSUSPENDED).</summary>
    Suspended = 6,

    /// <summary>Memory is on disk, not running (managed save; EnabledState 32769).</summary>
    Saved = 7,
}
