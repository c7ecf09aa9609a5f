namespace HvPlatform.Contracts.History;

/// <summary>VM stream: a host says that the VM does something else than before.</summary>
public sealed record VmStateChanged
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host whose agent said so.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The state this host said before.</summary>
    public required VmState From { get; init; }

    /// <summary>The state it says now.</summary>
    public required VmState To { get; init; }

    /// <summary>The hypervisor's reason for the state.</summary>
    public string? StateReason { get; init; }

    /// <summary>The observation's generation; see <see cref="Vms.VmObserved.Generation"/>.</summary>
    public required long Generation { get; init; }

    /// <summary>When it was seen, by the agent's clock, UTC.</summary>
    public required DateTimeOffset ObservedAt { get; init; }

    /// <summary>What made the agent look or say so, in the hypervisor's words.</summary>
    public string? Cause { get; init; }

    /// <summary>The operation in flight on the VM at that moment, if any.</summary>
    public OperationId? OperationId { get; init; }

    /// <summary>Who asked for that operation, and why.</summary>
    public Trail? Trail { get; init; }
}
