namespace HvPlatform.Contracts.Migrations;

/// <summary>What became of the VM is unknown until a host answers; the saga goes on asking.</summary>
public sealed record MigrationInDoubt
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Who has not answered.</summary>
    public required IReadOnlyList<HostId> UnansweredHostIds { get; init; }

    /// <summary>Since when, UTC.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>What is not known, one sentence.</summary>
    public required string Unknown { get; init; }
}
