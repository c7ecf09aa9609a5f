using System.Text.Json.Serialization;

namespace HvPlatform.Contracts.Migrations;

/// <summary>Where a migration stands. Completed, RolledBack and Failed are final.</summary>
[JsonConverter(typeof(TolerantEnumConverter<MigrationPhase>))]
public enum MigrationPhase
{
    /// <summary>Not known to this build.</summary>
    Unknown = 0,

    /// <summary>Accepted, not begun.</summary>
    Requested = 1,

    /// <summary>Both hosts are asked whether it can work.</summary>
    Preflight = 2,

    /// <summary>Room is set aside on the destination.</summary>
    Reserving = 3,

    /// <summary>The destination makes ready.</summary>
    PreparingDestination = 4,

    /// <summary>The VM moves; from here on nothing is undone blindly.</summary>
    Transferring = 5,

    /// <summary>The destination verifies that the VM runs there.</summary>
    Finishing = 6,

    /// <summary>The source removes what is left.</summary>
    Confirming = 7,

    /// <summary>The VM runs on the destination, and only there.</summary>
    Completed = 8,

    /// <summary>A cancel was asked for and is being carried out.</summary>
    Cancelling = 9,

    /// <summary>What was prepared is being undone.</summary>
    RollingBack = 10,

    /// <summary>The VM runs on the source as before.</summary>
    RolledBack = 11,

    /// <summary>The VM is intact, but not as asked; the error says what.</summary>
    Failed = 12,

    /// <summary>A host cannot be asked; resolves when it answers.</summary>
    InDoubt = 13,
}
