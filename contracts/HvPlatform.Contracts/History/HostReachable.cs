namespace HvPlatform.Contracts.History;

/// <summary>Host stream: agent and hypervisor answer again.</summary>
public sealed record HostReachable
{
    /// <summary>The host: the stream's id.</summary>
    public required HostId HostId { get; init; }

    /// <summary>How it was before.</summary>
    public required HostReachability After { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
