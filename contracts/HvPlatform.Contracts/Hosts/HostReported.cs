using HvPlatform.Contracts.Vms;

namespace HvPlatform.Contracts.Hosts;

/// <summary>A full scan of one host: the guarantee behind the change events. Published by the agent every N seconds and when asked.</summary>
public sealed record HostReported
{
    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>How much of the host the list covers.</summary>
    public required HostReportOutcome Outcome { get; init; }

    /// <summary>The VMs seen.</summary>
    public required IReadOnlyList<VmInfo> Vms { get; init; }

    /// <summary>The generation the scan was begun at: any observation with a higher one is newer than this report.</summary>
    public required long Generation { get; init; }

    /// <summary>When the scan began, UTC.</summary>
    public required DateTimeOffset ObservedAt { get; init; }

    /// <summary>Why the report is not complete.</summary>
    public ErrorInfo? Error { get; init; }
}
