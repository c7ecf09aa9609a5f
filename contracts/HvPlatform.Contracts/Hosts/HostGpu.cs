namespace HvPlatform.Contracts.Hosts;

/// <summary>A GPU of a host that can be divided.</summary>
public sealed record HostGpu
{
    /// <summary>The host's name for it.</summary>
    public required string Name { get; init; }

    /// <summary>Into how many parts it is divided now.</summary>
    public required int Partitions { get; init; }

    /// <summary>Into how many it can be divided.</summary>
    public IReadOnlyList<int> PossiblePartitions { get; init; } = [];
}
