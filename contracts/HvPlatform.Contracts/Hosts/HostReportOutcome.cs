using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Hosts;

/// <summary>How much of the host a report covers. Only <see cref="Complete"/> may lead to a VM being marked missing.</summary>
[JsonConverter(typeof(TolerantEnumConverter<HostReportOutcome>))]
public enum HostReportOutcome
{
    /// <summary>Not known to this build: treat as <see cref="Partial"/>.</summary>
    Unknown = 0,

    /// <summary>Every VM of the host is in the report.</summary>
    Complete = 1,

    /// <summary>Some VMs could not be read.</summary>
    Partial = 2,

    /// <summary>The scan failed; the list means nothing.</summary>
    Failed = 3,
}
