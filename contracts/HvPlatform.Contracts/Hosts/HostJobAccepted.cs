namespace HvPlatform.Contracts.Hosts;

/// <summary>The agent has journaled a lifecycle command and will run it exactly once. The steps of a migration are not announced so.</summary>
public sealed record HostJobAccepted
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The step of the operation this answers.</summary>
    public required string Step { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
