using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>Where an operation stands. Succeeded, Failed, Cancelled and RolledBack are final.</summary>
[JsonConverter(typeof(TolerantEnumConverter<OperationStatus>))]
public enum OperationStatus
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>Recorded, its command is on its way.</summary>
    Accepted = 1,

    /// <summary>The host or the saga works on it.</summary>
    Running = 2,

    /// <summary>Done.</summary>
    Succeeded = 3,

    /// <summary>Not done; the error says why. What it touched is intact.</summary>
    Failed = 4,

    /// <summary>Stopped because someone asked, before it changed anything.</summary>
    Cancelled = 5,

    /// <summary>Undone; everything is as before it started.</summary>
    RolledBack = 6,

    /// <summary>A host cannot be asked what is true; resolves by itself when it answers.</summary>
    InDoubt = 7,
}
