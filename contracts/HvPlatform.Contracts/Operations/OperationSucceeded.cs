namespace HvPlatform.Contracts.Operations;

/// <summary>Terminal event of an operation other than a migration.</summary>
public sealed record OperationSucceeded
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>What it did.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
