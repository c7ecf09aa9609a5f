namespace HvPlatform.Contracts.History;

/// <summary>VM stream: two hosts say at once that the VM runs, and no migration explains it. Someone must act: both may write to the same disks.</summary>
public sealed record VmDuplicateDetected
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The hosts on which it runs.</summary>
    public required IReadOnlyList<HostId> HostIds { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
