using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Alerts;

/// <summary>How much an alert matters.</summary>
[JsonConverter(typeof(TolerantEnumConverter<AlertSeverity>))]
public enum AlertSeverity
{
    /// <summary>Not known to this build: treat as <see cref="Critical"/>.</summary>
    Unknown = 0,

    /// <summary>Someone may act.</summary>
    Warning = 1,

    /// <summary>Someone must act.</summary>
    Critical = 2,
}
