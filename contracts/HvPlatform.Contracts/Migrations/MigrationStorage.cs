using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Migrations;

/// <summary>What happens to disks that the destination does not reach.</summary>
[JsonConverter(typeof(TolerantEnumConverter<MigrationStorage>))]
public enum MigrationStorage
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>There must be none: every disk is on storage that both hosts reach.</summary>
    Shared = 1,

    /// <summary>They are copied whole while the VM moves (libvirt: <c>VIR_MIGRATE_NON_SHARED_DISK</c>). The files stay on the source.</summary>
    CopyFull = 2,

    /// <summary>Only the top image of each is copied; its backing file is on both hosts already (libvirt: <c>VIR_MIGRATE_NON_SHARED_INC</c>).</summary>
    CopyIncremental = 3,
}
