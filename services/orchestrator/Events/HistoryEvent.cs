using System.Text.Json;
using HvPlatform.Events;

namespace HvPlatform.Orchestrator.Events;

/// <summary>An event of the history as the API shows it.</summary>
internal sealed record HistoryEvent
{
    /// <summary>The position among all events; a higher one was committed later.</summary>
    public required long Seq { get; init; }

    /// <summary>Whose history: a VM's, host's or operation's id.</summary>
    public required Guid StreamId { get; init; }

    /// <summary>The position within that history, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>What happened, for example <c>vm_state_changed</c>.</summary>
    public required string Type { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The event's members, by its type.</summary>
    public required JsonElement Data { get; init; }

    public static HistoryEvent Of(StoredEvent e) => new()
    {
        Seq = e.Seq,
        StreamId = e.StreamId,
        Version = e.Version,
        Type = e.Type,
        At = e.Timestamp.ToUniversalTime(),
        Data = e.Element,
    };
}
