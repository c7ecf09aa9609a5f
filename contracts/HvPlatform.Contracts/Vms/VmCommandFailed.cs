namespace HvPlatform.Contracts.Vms;

/// <summary>An agent could not carry out a lifecycle command.</summary>
public sealed record VmCommandFailed
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The step of the operation this answers.</summary>
    public required string Step { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>What was to be done.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Why, with the native error.</summary>
    public required ErrorInfo Error { get; init; }
}
