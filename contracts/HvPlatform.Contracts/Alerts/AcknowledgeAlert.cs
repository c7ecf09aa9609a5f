namespace HvPlatform.Contracts.Alerts;

/// <summary>Command to telemetry: a person has seen the alert and looks after it. The alert stays until its cause is gone. Repeating it changes nothing.</summary>
public sealed record AcknowledgeAlert
{
    /// <summary>The alert.</summary>
    public required AlertId AlertId { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
