using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Alerts;

/// <summary>What an alert is about.</summary>
[JsonConverter(typeof(TolerantEnumConverter<AlertSubjectKind>))]
public enum AlertSubjectKind
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>A host.</summary>
    Host = 1,

    /// <summary>A VM.</summary>
    Vm = 2,

    /// <summary>An operation.</summary>
    Operation = 3,

    /// <summary>The platform itself or a part of it: an agent, a webhook, a queue.</summary>
    Platform = 4,
}
