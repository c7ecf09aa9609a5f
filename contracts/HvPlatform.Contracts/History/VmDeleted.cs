namespace HvPlatform.Contracts.History;

/// <summary>VM stream: the VM exists on no host any more. Soft: the history stays, and <see cref="VmReturned"/> may follow.</summary>
public sealed record VmDeleted
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Where it was last.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The hypervisor's word, or for how long it was missing.</summary>
    public required string Cause { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The operation in flight on the VM at that moment, if any.</summary>
    public OperationId? OperationId { get; init; }

    /// <summary>Who asked for that operation, and why.</summary>
    public Trail? Trail { get; init; }
}
