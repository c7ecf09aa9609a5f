using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Packages;

/// <summary>Which of a VM's snapshots (checkpoints) go along.</summary>
[JsonConverter(typeof(TolerantEnumConverter<ExportSnapshots>))]
public enum ExportSnapshots
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>All of them.</summary>
    All = 1,

    /// <summary>None: disks are exported as they are now.</summary>
    None = 2,

    /// <summary>One, named by its id; what came after it stays behind.</summary>
    One = 3,
}
