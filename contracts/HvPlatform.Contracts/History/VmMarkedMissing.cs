namespace HvPlatform.Contracts.History;

/// <summary>VM stream: a complete report of its host lacks the VM, or the hypervisor says it migrated away and no host has shown it yet. Not a deletion.</summary>
public sealed record VmMarkedMissing
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host whose agent said so.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The observation's generation; see <see cref="Vms.VmObserved.Generation"/>.</summary>
    public required long Generation { get; init; }

    /// <summary>When it was seen, by the agent's clock, UTC.</summary>
    public required DateTimeOffset ObservedAt { get; init; }

    /// <summary>How the absence was seen.</summary>
    public required string Cause { get; init; }
}
