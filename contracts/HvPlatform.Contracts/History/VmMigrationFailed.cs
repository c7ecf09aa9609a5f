using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Contracts.History;

/// <summary>VM stream: the migration ended otherwise than asked; the VM is intact and the error says where.</summary>
public sealed record VmMigrationFailed
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

    /// <summary>What is wrong and what to do.</summary>
    public required ErrorInfo Error { get; init; }

    /// <summary>Who asked for that operation, and why.</summary>
    public Trail? Trail { get; init; }
}
