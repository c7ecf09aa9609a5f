namespace HvPlatform.Contracts.History;

/// <summary>VM stream: a host refused a command because a newer operation owns the VM.</summary>
public sealed record VmCommandFenced
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The operation that the command belongs to.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The command's type name.</summary>
    public required string Command { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The command's epoch.</summary>
    public required long Epoch { get; init; }

    /// <summary>The highest epoch the host has seen for the VM.</summary>
    public required long HighestEpoch { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
