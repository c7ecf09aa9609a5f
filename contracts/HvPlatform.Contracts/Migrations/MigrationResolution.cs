using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Migrations;

/// <summary>What an operator asserts about a VM whose hosts cannot be asked.</summary>
[JsonConverter(typeof(TolerantEnumConverter<MigrationResolution>))]
public enum MigrationResolution
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>The VM is on the source and certainly not on the destination: the migration ends as rolled back.</summary>
    OnSource = 1,

    /// <summary>The VM is on the destination and certainly not on the source: the migration ends as completed.</summary>
    OnDestination = 2,

    /// <summary>The VM runs on neither: the migration ends as failed.</summary>
    OnNeither = 3,
}
