namespace HvPlatform.Contracts.History;

/// <summary>Host stream: the host cannot be managed; its VMs may well run on.</summary>
public sealed record HostUnreachable
{
    /// <summary>The host: the stream's id.</summary>
    public required HostId HostId { get; init; }

    /// <summary>In which way.</summary>
    public required HostReachability Reachability { get; init; }

    /// <summary>When the agent was last heard, UTC.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }

    /// <summary>Why, as the agent says.</summary>
    public ErrorInfo? Error { get; init; }
}
