using HvPlatform.Contracts.Alerts;

namespace HvPlatform.Contracts.History;

/// <summary>Alert stream: something needs attention. Telemetry publishes it as a message too.</summary>
public sealed record AlertRaised
{
    /// <summary>The alert: the stream's id.</summary>
    public required AlertId AlertId { get; init; }

    /// <summary>Which rule, for example <c>host-unreachable</c>.</summary>
    public required string Rule { get; init; }

    /// <summary>How much it matters.</summary>
    public required AlertSeverity Severity { get; init; }

    /// <summary>What it is about.</summary>
    public required AlertSubjectKind SubjectKind { get; init; }

    /// <summary>Its id; null for the platform itself.</summary>
    public Guid? SubjectId { get; init; }

    /// <summary>Its name then.</summary>
    public string? SubjectName { get; init; }

    /// <summary>The VM concerned, if one is.</summary>
    public VmId? VmId { get; init; }

    /// <summary>The host concerned, if one is.</summary>
    public HostId? HostId { get; init; }

    /// <summary>What is wrong, in a sentence.</summary>
    public required string Message { get; init; }

    /// <summary>What to do next.</summary>
    public required string Advice { get; init; }

    /// <summary>When it was noticed, UTC.</summary>
    public required DateTimeOffset RaisedAt { get; init; }
}
