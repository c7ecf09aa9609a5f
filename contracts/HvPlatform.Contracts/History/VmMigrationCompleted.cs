using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Contracts.History;

/// <summary>VM stream: the migration is done; the VM runs on the destination and nothing of it is left on the source.</summary>
public sealed record VmMigrationCompleted
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

    /// <summary>How long the guest was paused, ms.</summary>
    public long? DowntimeMs { get; init; }

    /// <summary>Bytes moved.</summary>
    public long? TransferredBytes { get; init; }

    /// <summary>Who asked for that operation, and why.</summary>
    public Trail? Trail { get; init; }

    /// <summary>The VM's state on the destination; null if it runs.</summary>
    public VmState? State { get; init; }

    /// <summary>Files of copied disks that stay on the source until a person removes them.</summary>
    public IReadOnlyList<string> LeftOnSource { get; init; } = [];
}
