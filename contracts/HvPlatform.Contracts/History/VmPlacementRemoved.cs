namespace HvPlatform.Contracts.History;

/// <summary>VM stream: the VM is no longer on this host. It may be on another.</summary>
public sealed record VmPlacementRemoved
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host whose agent said so.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The observation's generation; see <see cref="Vms.VmObserved.Generation"/>.</summary>
    public required long Generation { get; init; }

    /// <summary>When it was seen, by the agent's clock, UTC.</summary>
    public required DateTimeOffset ObservedAt { get; init; }

    /// <summary>How that is known: the hypervisor's words, or ours for an absence.</summary>
    public required string Cause { get; init; }

    /// <summary>The operation in flight on the VM at that moment, if any.</summary>
    public OperationId? OperationId { get; init; }

    /// <summary>Who asked for that operation, and why.</summary>
    public Trail? Trail { get; init; }
}
