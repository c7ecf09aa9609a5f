using HvPlatform.Contracts.Vms;

namespace HvPlatform.Contracts.History;

/// <summary>VM stream: the VM was seen for the first time, on any host.</summary>
public sealed record VmDiscovered
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host whose agent said so.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM as this host sees it.</summary>
    public required VmInfo Vm { get; init; }

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
