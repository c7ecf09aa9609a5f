using HvPlatform.Contracts.Vms;

namespace HvPlatform.Contracts.History;

/// <summary>VM stream: a missing or deleted VM is there again, and goes on with its history.</summary>
public sealed record VmReturned
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host whose agent said so.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM as this host sees it.</summary>
    public required VmInfo Vm { get; init; }

    /// <summary>Since when it was missing, UTC.</summary>
    public DateTimeOffset? MissingSince { get; init; }

    /// <summary>When it was softly deleted, UTC; null if it was only missing.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>The observation's generation; see <see cref="Vms.VmObserved.Generation"/>.</summary>
    public required long Generation { get; init; }

    /// <summary>When it was seen, by the agent's clock, UTC.</summary>
    public required DateTimeOffset ObservedAt { get; init; }

    /// <summary>What made the agent look or say so, in the hypervisor's words.</summary>
    public string? Cause { get; init; }
}
