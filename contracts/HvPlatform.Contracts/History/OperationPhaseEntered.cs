using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Contracts.History;

/// <summary>Operation stream: the operation entered another phase.</summary>
public sealed record OperationPhaseEntered
{
    /// <summary>The operation: the stream's id.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM it is about.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The phase left.</summary>
    public required MigrationPhase From { get; init; }

    /// <summary>The phase entered.</summary>
    public required MigrationPhase To { get; init; }

    /// <summary>Why, if not simply the next.</summary>
    public string? Reason { get; init; }

    /// <summary>The error that caused it.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
