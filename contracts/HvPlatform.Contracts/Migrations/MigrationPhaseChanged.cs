namespace HvPlatform.Contracts.Migrations;

/// <summary>The saga entered another phase.</summary>
public sealed record MigrationPhaseChanged
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The phase left.</summary>
    public required MigrationPhase From { get; init; }

    /// <summary>The phase entered.</summary>
    public required MigrationPhase To { get; init; }

    /// <summary>Why, if not simply the next.</summary>
    public string? Reason { get; init; }

    /// <summary>The error that caused it.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
