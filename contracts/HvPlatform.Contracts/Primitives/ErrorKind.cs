using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>What a caller can do about an error. Every native error maps to exactly one kind.</summary>
[JsonConverter(typeof(TolerantEnumConverter<ErrorKind>))]
public enum ErrorKind
{
    /// <summary>Not classified: treat as <see cref="Fatal"/>.</summary>
    Unknown = 0,

    /// <summary>May succeed if tried again (connection lost, busy).</summary>
    Transient = 1,

    /// <summary>The thing named does not exist.</summary>
    NotFound = 2,

    /// <summary>The thing exists, but not in a state that allows this.</summary>
    InvalidState = 3,

    /// <summary>This host, driver or version cannot do this.</summary>
    Unsupported = 4,

    /// <summary>The host refused the credentials or the right.</summary>
    Denied = 5,

    /// <summary>The request itself is wrong.</summary>
    Validation = 6,

    /// <summary>Memory, disk, ports or another resource ran out.</summary>
    Resource = 7,

    /// <summary>No answer within the time allowed.</summary>
    Timeout = 8,

    /// <summary>Stopped because someone asked.</summary>
    Cancelled = 9,

    /// <summary>Will not succeed without a person.</summary>
    Fatal = 10,

    /// <summary>Another operation or object holds what this one needs.</summary>
    Conflict = 11,
}
