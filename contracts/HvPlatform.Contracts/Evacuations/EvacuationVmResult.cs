namespace HvPlatform.Contracts.Evacuations;

/// <summary>What became of one VM of an evacuation.</summary>
public sealed record EvacuationVmResult
{
    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Its name.</summary>
    public required string VmName { get; init; }

    /// <summary>How it ended.</summary>
    public required EvacuationVmStatus Status { get; init; }

    /// <summary>The host that is emptied.</summary>
    public required HostId FromHostId { get; init; }

    /// <summary>Where it is now, or was to go last.</summary>
    public HostId? ToHostId { get; init; }

    /// <summary>How many moves were tried.</summary>
    public required int Attempts { get; init; }

    /// <summary>The last of them.</summary>
    public OperationId? OperationId { get; init; }

    /// <summary>Why it was not moved.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>From the first move's start to the end, ms.</summary>
    public long? DurationMs { get; init; }
}
