using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Evacuations;

/// <summary>Where one VM of an evacuation stands. All but Waiting and Moving are final.</summary>
[JsonConverter(typeof(TolerantEnumConverter<EvacuationVmStatus>))]
public enum EvacuationVmStatus
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>Its move has not begun, or is tried again later.</summary>
    Waiting = 1,

    /// <summary>A migration runs, or is in doubt.</summary>
    Moving = 2,

    /// <summary>It is on another host.</summary>
    Moved = 3,

    /// <summary>It could not be moved; the error says why.</summary>
    Failed = 4,

    /// <summary>It left the host by itself: deleted, or moved by another operation.</summary>
    Gone = 5,

    /// <summary>The evacuation was cancelled before it moved.</summary>
    NotMoved = 6,
}
