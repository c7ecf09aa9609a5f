namespace HvPlatform.Contracts.Vms;

/// <summary>A VM was seen on a host, new or changed. Published by the agent at once; the periodic report repeats it.</summary>
public sealed record VmObserved
{
    /// <summary>Where.</summary>
    public required HostId HostId { get; init; }

    /// <summary>What was seen.</summary>
    public required VmInfo Vm { get; init; }

    /// <summary>Grows with every observation of this host, also over restarts of the agent. A lower one than already known is dropped.</summary>
    public required long Generation { get; init; }

    /// <summary>When it was seen, by the agent's clock, UTC.</summary>
    public required DateTimeOffset ObservedAt { get; init; }

    /// <summary>What made the agent look, for example <c>lifecycle:started/migrated</c>.</summary>
    public string? Cause { get; init; }
}
