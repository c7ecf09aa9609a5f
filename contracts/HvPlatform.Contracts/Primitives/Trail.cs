namespace HvPlatform.Contracts;

/// <summary>Who asked for an operation, why, and when: carried by every message of it.</summary>
public sealed record Trail
{
    /// <summary>The person or system that asked.</summary>
    public required string RequestedBy { get; init; }

    /// <summary>Why, in the words of who asked.</summary>
    public string? Reason { get; init; }

    /// <summary>When the request was accepted, UTC.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>The client's Idempotency-Key, from the request to the native call.</summary>
    public string? IdempotencyKey { get; init; }
}
