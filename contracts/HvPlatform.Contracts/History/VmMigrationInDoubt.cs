namespace HvPlatform.Contracts.History;

/// <summary>VM stream: what became of the migration is unknown until a host answers.</summary>
public sealed record VmMigrationInDoubt
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>Who has not answered.</summary>
    public required IReadOnlyList<HostId> UnansweredHostIds { get; init; }

    /// <summary>Since when, UTC.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>What is not known, one sentence.</summary>
    public required string Unknown { get; init; }
}
