using System.Text.Json.Serialization;

namespace HvPlatform.Contracts;

/// <summary>What can make a failed request succeed.</summary>
[JsonConverter(typeof(TolerantEnumConverter<FailureType>))]
public enum FailureType
{
    /// <summary>Not classified.</summary>
    Unknown = 0,

    /// <summary>Time: the same request may succeed later.</summary>
    Transient = 1,

    /// <summary>Nothing that the platform knows of.</summary>
    Permanent = 2,

    /// <summary>A setting of the host or of its account, changed by a person.</summary>
    Configuration = 3,

    /// <summary>Memory, disk space or devices set free, or another host.</summary>
    Resource = 4,

    /// <summary>Another request: this one is wrong.</summary>
    Validation = 5,
}
