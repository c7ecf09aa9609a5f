using HvPlatform.Contracts.Alerts;

namespace HvPlatform.Contracts.History;

/// <summary>Alert stream: its cause is gone. Telemetry publishes it as a message too.</summary>
public sealed record AlertCleared
{
    /// <summary>The alert: the stream's id.</summary>
    public required AlertId AlertId { get; init; }

    /// <summary>Which rule.</summary>
    public required string Rule { get; init; }

    /// <summary>What it was about.</summary>
    public required AlertSubjectKind SubjectKind { get; init; }

    /// <summary>Its id; null for the platform itself.</summary>
    public Guid? SubjectId { get; init; }

    /// <summary>Its name when the alert was raised.</summary>
    public string? SubjectName { get; init; }

    /// <summary>The VM concerned, if one is.</summary>
    public VmId? VmId { get; init; }

    /// <summary>The host concerned, if one is.</summary>
    public HostId? HostId { get; init; }

    /// <summary>When it was noticed, UTC.</summary>
    public required DateTimeOffset ClearedAt { get; init; }
}
