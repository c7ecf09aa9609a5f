namespace HvPlatform.Contracts.History;

/// <summary>VM stream: the operation is done.</summary>
public sealed record VmOperationSucceeded
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>The host that did it.</summary>
    public required HostId HostId { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who asked for that operation, and why.</summary>
    public Trail? Trail { get; init; }
}
