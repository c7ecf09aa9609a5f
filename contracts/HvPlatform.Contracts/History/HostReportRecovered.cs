namespace HvPlatform.Contracts.History;

/// <summary>Host stream: the host's reports are complete again.</summary>
public sealed record HostReportRecovered
{
    /// <summary>The host: the stream's id.</summary>
    public required HostId HostId { get; init; }

    /// <summary>How many VMs the report lists.</summary>
    public required int VmsListed { get; init; }

    /// <summary>The observation's generation; see <see cref="Vms.VmObserved.Generation"/>.</summary>
    public required long Generation { get; init; }

    /// <summary>When it was seen, by the agent's clock, UTC.</summary>
    public required DateTimeOffset ObservedAt { get; init; }
}
