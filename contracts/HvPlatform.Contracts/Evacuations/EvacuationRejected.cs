namespace HvPlatform.Contracts.Evacuations;

/// <summary>The orchestrator refused a command about an evacuation; nothing was changed.</summary>
public sealed record EvacuationRejected
{
    /// <summary>The evacuation.</summary>
    public required EvacuationId EvacuationId { get; init; }

    /// <summary>The command's type name, for example <c>EvacuateHost</c>.</summary>
    public required string Command { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Why, and what to do.</summary>
    public required ErrorInfo Error { get; init; }
}
