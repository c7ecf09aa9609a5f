namespace HvPlatform.Contracts.Migrations;

/// <summary>A host has as many migrations as it may have: the saga asks again.</summary>
public sealed record MigrationCapacityDeferred
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>Which limit, and how many wait or run.</summary>
    public required string Reason { get; init; }

    /// <summary>When to ask again, ms.</summary>
    public required int RetryAfterMs { get; init; }
}
