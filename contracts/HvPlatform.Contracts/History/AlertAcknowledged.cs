namespace HvPlatform.Contracts.History;

/// <summary>Alert stream: a person looks after it. Telemetry publishes it as a message too.</summary>
public sealed record AlertAcknowledged
{
    /// <summary>The alert: the stream's id.</summary>
    public required AlertId AlertId { get; init; }

    /// <summary>Which rule.</summary>
    public required string Rule { get; init; }

    /// <summary>The name of what it is about, when it was raised.</summary>
    public string? SubjectName { get; init; }

    /// <summary>The VM concerned, if one is.</summary>
    public VmId? VmId { get; init; }

    /// <summary>The host concerned, if one is.</summary>
    public HostId? HostId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
