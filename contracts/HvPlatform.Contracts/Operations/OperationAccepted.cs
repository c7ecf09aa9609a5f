namespace HvPlatform.Contracts.Operations;

/// <summary>The orchestrator accepted a request: there is exactly one terminal event to come.</summary>
public sealed record OperationAccepted
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Where the VM is (or is to be made).</summary>
    public required HostId HostId { get; init; }

    /// <summary>Where it is to go, for a migration.</summary>
    public HostId? DestinationHostId { get; init; }

    /// <summary>The ownership epoch granted to it.</summary>
    public required long Epoch { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
