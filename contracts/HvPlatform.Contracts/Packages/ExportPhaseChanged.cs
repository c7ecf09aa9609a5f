namespace HvPlatform.Contracts.Packages;

/// <summary>The export has entered another phase. The final ones are told by their own events.</summary>
public sealed record ExportPhaseChanged
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The phase left.</summary>
    public required PackagePhase From { get; init; }

    /// <summary>The phase entered.</summary>
    public required PackagePhase To { get; init; }

    /// <summary>The error that caused it.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
