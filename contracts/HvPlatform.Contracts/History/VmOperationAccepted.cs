namespace HvPlatform.Contracts.History;

/// <summary>VM stream: an operation on the VM was accepted.</summary>
public sealed record VmOperationAccepted
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>Where the VM is.</summary>
    public required HostId HostId { get; init; }

    /// <summary>Where it is to go, for a migration.</summary>
    public HostId? DestinationHostId { get; init; }

    /// <summary>The ownership epoch granted to the operation.</summary>
    public required long Epoch { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
