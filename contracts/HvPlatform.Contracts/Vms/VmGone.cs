namespace HvPlatform.Contracts.Vms;

/// <summary>The hypervisor said that this VM no longer exists on this host (undefined, or a transient VM that ended, or migrated away).</summary>
public sealed record VmGone
{
    /// <summary>Where.</summary>
    public required HostId HostId { get; init; }

    /// <summary>Which.</summary>
    public required VmId VmId { get; init; }

    /// <summary>See <see cref="VmObserved.Generation"/>.</summary>
    public required long Generation { get; init; }

    /// <summary>When, by the agent's clock, UTC.</summary>
    public required DateTimeOffset ObservedAt { get; init; }

    /// <summary>The hypervisor's reason, for example <c>lifecycle:undefined/removed</c>.</summary>
    public string? Cause { get; init; }
}
