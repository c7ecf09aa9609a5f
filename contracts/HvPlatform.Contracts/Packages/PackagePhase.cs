using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Packages;

/// <summary>Where an export or an import stands. Completed, RolledBack and Failed are final.</summary>
[JsonConverter(typeof(TolerantEnumConverter<PackagePhase>))]
public enum PackagePhase
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>Accepted, not begun.</summary>
    Requested = 1,

    /// <summary>The host looks at the VM and the directory; nothing is changed.</summary>
    Checking = 2,

    /// <summary>The host writes the directory.</summary>
    Exporting = 3,

    /// <summary>The host reads the definition, copies files and fixes names, ids, paths and switches; no VM exists yet.</summary>
    Planning = 4,

    /// <summary>The host checks the planned VM.</summary>
    Validating = 5,

    /// <summary>The planned VM becomes a VM: from here on there is no way back.</summary>
    Realising = 6,

    /// <summary>The host is asked whether what was made is there.</summary>
    Verifying = 7,

    /// <summary>What was made is removed.</summary>
    Discarding = 8,

    /// <summary>The host cannot be asked what is true.</summary>
    InDoubt = 9,

    /// <summary>Done.</summary>
    Completed = 10,

    /// <summary>Not done; nothing is left of it.</summary>
    RolledBack = 11,

    /// <summary>Not done; something may be left, the error says what.</summary>
    Failed = 12,
}
