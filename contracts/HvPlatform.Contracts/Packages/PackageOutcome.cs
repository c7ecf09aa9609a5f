using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Packages;

/// <summary>How a step on a host ended.</summary>
[JsonConverter(typeof(TolerantEnumConverter<PackageOutcome>))]
public enum PackageOutcome
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>Done.</summary>
    Succeeded = 1,

    /// <summary>Not done, and the host knows it.</summary>
    Failed = 2,

    /// <summary>Stopped because someone asked.</summary>
    Cancelled = 3,

    /// <summary>The host's agent does not know whether it was done.</summary>
    Indeterminate = 4,
}
