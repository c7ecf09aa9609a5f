namespace HvPlatform.Contracts.History;

/// <summary>Alert stream: a person looks after it. Telemetry publishes it as a message too.</summary>
public sealed record AlertAcknowledged
{
    /// <summary>The alert: the stream's id.</summary>
    public required AlertId AlertId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
