namespace HvPlatform.Contracts.History;

/// <summary>Access stream: a caller has made a session, or a person has come with a new token of the issuer.</summary>
public sealed record SignedIn
{
    /// <summary>Who, as in other histories.</summary>
    public required string Caller { get; init; }

    /// <summary>What tells the caller from every other: <c>local</c>, <c>token:ID</c>, <c>user:SUB</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>The address it came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
