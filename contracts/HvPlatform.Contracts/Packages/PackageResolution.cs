using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Packages;

/// <summary>An operator's word on an export or import in doubt.</summary>
[JsonConverter(typeof(TolerantEnumConverter<PackageResolution>))]
public enum PackageResolution
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>It is there: the export is whole, or the VM exists.</summary>
    Done = 1,

    /// <summary>It is not there; whoever says so sees to what is left.</summary>
    NotDone = 2,
}
