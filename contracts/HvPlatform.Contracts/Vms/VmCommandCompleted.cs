namespace HvPlatform.Contracts.Vms;

/// <summary>An agent finished a lifecycle command.</summary>
public sealed record VmCommandCompleted
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The step of the operation this answers.</summary>
    public required string Step { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>What was done.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>The VM's state right after.</summary>
    public required VmState State { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
