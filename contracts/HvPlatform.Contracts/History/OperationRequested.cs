namespace HvPlatform.Contracts.History;

/// <summary>Operation stream: the orchestrator accepted the request; exactly one <see cref="OperationEnded"/> is to come.</summary>
public sealed record OperationRequested
{
    /// <summary>The operation: the stream's id.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>The VM it is about.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Where the VM is (or is to be made).</summary>
    public required HostId HostId { get; init; }

    /// <summary>Where it is to go, for a migration.</summary>
    public HostId? DestinationHostId { get; init; }

    /// <summary>The ownership epoch granted to the operation.</summary>
    public required long Epoch { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
