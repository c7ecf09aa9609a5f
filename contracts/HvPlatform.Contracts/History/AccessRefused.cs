namespace HvPlatform.Contracts.History;

/// <summary>Access stream: requests were refused with 401, 403, 404 for an object outside the caller's groups, or 429, or a join or an agent's own request was. Alike ones within some seconds are told once.</summary>
public sealed record AccessRefused
{
    /// <summary>Who; absent if that is not known.</summary>
    public string? Caller { get; init; }

    /// <summary>The address they came from.</summary>
    public string? Address { get; init; }

    /// <summary>The problem's code.</summary>
    public required string Code { get; init; }

    /// <summary>The request's method.</summary>
    public required string Method { get; init; }

    /// <summary>The endpoint's path, with names in place of ids.</summary>
    public required string Endpoint { get; init; }

    /// <summary>How many.</summary>
    public required long Count { get; init; }

    /// <summary>When the first one came, UTC; <see cref="At"/> is the last.</summary>
    public required DateTimeOffset FirstAt { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
