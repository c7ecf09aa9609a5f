using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Evacuations;

/// <summary>Where an evacuation stands. Completed, CompletedWithFailures and Cancelled are final.</summary>
[JsonConverter(typeof(TolerantEnumConverter<EvacuationStatus>))]
public enum EvacuationStatus
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>VMs are being moved away.</summary>
    Running = 1,

    /// <summary>No move is started; those on their way go on.</summary>
    Paused = 2,

    /// <summary>No move is started any more; it ends when those on their way have ended.</summary>
    Cancelling = 3,

    /// <summary>No VM is left.</summary>
    Completed = 4,

    /// <summary>Every VM was tried; at least one is left, with the reason.</summary>
    CompletedWithFailures = 5,

    /// <summary>Someone ended it; VMs may be left.</summary>
    Cancelled = 6,
}
