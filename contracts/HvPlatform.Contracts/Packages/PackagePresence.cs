using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Packages;

/// <summary>What a host has of an export or an import.</summary>
[JsonConverter(typeof(TolerantEnumConverter<PackagePresence>))]
public enum PackagePresence
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>Nothing.</summary>
    None = 1,

    /// <summary>A part: of an export the directory, of an import a planned VM or copied files.</summary>
    Partial = 2,

    /// <summary>All of it: the whole export, or the VM itself.</summary>
    Complete = 3,

    /// <summary>It is being made.</summary>
    Running = 4,
}
