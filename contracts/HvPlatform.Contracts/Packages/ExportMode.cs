using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Packages;

/// <summary>How much of a VM is exported.</summary>
[JsonConverter(typeof(TolerantEnumConverter<ExportMode>))]
public enum ExportMode
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>The definition and the disks.</summary>
    Full = 1,

    /// <summary>The definition; the disks stay where they are.</summary>
    ConfigurationOnly = 2,

    /// <summary>The definition of a running VM as a destination needs it; neither disks nor memory.</summary>
    ForLiveMigration = 3,
}
