namespace HvPlatform.Contracts.History;

/// <summary>VM stream: at most one host says that the VM runs.</summary>
public sealed record VmDuplicateResolved
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
