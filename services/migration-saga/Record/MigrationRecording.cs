using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.MigrationSaga.MigrateVm;

namespace HvPlatform.MigrationSaga.Record;

/// <summary>
/// What one migration's saga was told, when, and what it decided: enough to decide it all again. Written by production (table
/// <c>migration_inputs</c>, digests only), by the simulation and by tests (files, with the effects in words).
/// </summary>
public sealed record MigrationRecording
{
    /// <summary>The operation.</summary>
    public required OperationId Operation { get; init; }

    /// <summary>What it shows, for people.</summary>
    public string? Title { get; init; }

    /// <summary>The <see cref="MigrationDecisions.Version"/> that decided.</summary>
    public required int DecisionVersion { get; init; }

    /// <summary>How patient the saga was.</summary>
    public required MigrationTimings Timings { get; init; }

    /// <summary>The messages, in the order in which they were decided on.</summary>
    public required IReadOnlyList<RecordedInput> Inputs { get; init; }

    /// <summary>What was decided on each.</summary>
    public required IReadOnlyList<RecordedDecision> Decisions { get; init; }
}

/// <summary>One message and the instant it was decided at; to the microsecond, as the database keeps it.</summary>
/// <param name="At">The saga's now.</param>
/// <param name="Type">The contract's name, without its namespace.</param>
/// <param name="Body">The message.</param>
public sealed record RecordedInput(DateTimeOffset At, string Type, JsonElement Body);

/// <summary>One decision.</summary>
public sealed record RecordedDecision
{
    /// <summary>The phase after it.</summary>
    public required MigrationPhase Phase { get; init; }

    /// <summary>The effects, a line each (<see cref="DecisionText"/>); null where only the digest was kept.</summary>
    public IReadOnlyList<string>? Effects { get; init; }

    /// <summary>Of phase and effects.</summary>
    public required string Digest { get; init; }

    /// <summary>The rules that decided, where they changed while the migration went on; null for the recording's own.</summary>
    public int? DecisionVersion { get; init; }
}
