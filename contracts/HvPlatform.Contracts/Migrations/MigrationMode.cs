using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Migrations;

/// <summary>Whether the guest runs while it moves.</summary>
[JsonConverter(typeof(TolerantEnumConverter<MigrationMode>))]
public enum MigrationMode
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>Live if the VM runs, cold if it is off.</summary>
    Auto = 1,

    /// <summary>Only live: a stopped VM is refused.</summary>
    Live = 2,

    /// <summary>Only cold: a running VM is refused, never stopped.</summary>
    Cold = 3,
}
