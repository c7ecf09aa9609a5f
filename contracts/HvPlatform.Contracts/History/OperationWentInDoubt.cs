namespace HvPlatform.Contracts.History;

/// <summary>Operation stream: the result is unknown until a host answers.</summary>
public sealed record OperationWentInDoubt
{
    /// <summary>The operation: the stream's id.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM it is about.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Who has not answered.</summary>
    public required IReadOnlyList<HostId> UnansweredHostIds { get; init; }

    /// <summary>Since when, UTC.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>What is not known, one sentence.</summary>
    public required string Unknown { get; init; }
}
