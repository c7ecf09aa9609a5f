using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Contracts.History;

/// <summary>VM stream: the migration was undone; the VM runs on the source as before.</summary>
public sealed record VmMigrationRolledBack
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>From.</summary>
    public required HostId SourceHostId { get; init; }

    /// <summary>To.</summary>
    public required HostId DestinationHostId { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>From acceptance to the end, ms.</summary>
    public required long TotalMs { get; init; }

    /// <summary>Each phase passed, in order.</summary>
    public required IReadOnlyList<MigrationPhaseTime> Phases { get; init; }

    /// <summary>True if someone asked for it.</summary>
    public required bool Cancelled { get; init; }

    /// <summary>The error that caused it.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>Who asked for that operation, and why.</summary>
    public Trail? Trail { get; init; }
}
