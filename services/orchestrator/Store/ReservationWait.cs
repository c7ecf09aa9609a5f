using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Store;

/// <summary>A migration that was put off because a limit is reached. One per operation; it goes with the reservation or the operation's end.</summary>
internal sealed record ReservationWait
{
    public required OperationId OperationId { get; init; }

    /// <summary>The hosts that put it off this time; <see cref="Platform"/> for the platform's own limit. Kept together with those of earlier times.</summary>
    public required IReadOnlyList<HostId> TurnedAwayBy { get; init; }

    /// <summary>Which limit, with its numbers.</summary>
    public required string Reason { get; init; }

    /// <summary>When the operation was accepted: its place in the queue.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>Stands for the platform where a host is named.</summary>
    public static HostId Platform => default;
}
