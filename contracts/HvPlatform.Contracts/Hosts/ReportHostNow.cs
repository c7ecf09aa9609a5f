namespace HvPlatform.Contracts.Hosts;

/// <summary>Asks one agent for a full report at once. Sent to the agent's queue; answered by <see cref="HostReported"/>.</summary>
public sealed record ReportHostNow
{
    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }
}
