using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.History;

/// <summary>Host stream: the host's reports are no longer complete. Written when the outcome changes, not for each report. Never removes a VM.</summary>
public sealed record HostReportFailed
{
    /// <summary>The host: the stream's id.</summary>
    public required HostId HostId { get; init; }

    /// <summary>How much the report covers.</summary>
    public required HostReportOutcome Outcome { get; init; }

    /// <summary>How many VMs it lists.</summary>
    public required int VmsListed { get; init; }

    /// <summary>Why.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>The observation's generation; see <see cref="Vms.VmObserved.Generation"/>.</summary>
    public required long Generation { get; init; }

    /// <summary>When it was seen, by the agent's clock, UTC.</summary>
    public required DateTimeOffset ObservedAt { get; init; }
}
