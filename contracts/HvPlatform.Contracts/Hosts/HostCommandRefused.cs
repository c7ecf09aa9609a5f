namespace HvPlatform.Contracts.Hosts;

/// <summary>A host's agent refused a command because its ownership epoch is older than one the host has seen: a newer operation owns the VM.</summary>
public sealed record HostCommandRefused
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The step of the operation.</summary>
    public required string Step { get; init; }

    /// <summary>The command's type name, for example <c>StartVmOnHost</c>.</summary>
    public required string Command { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The command's epoch.</summary>
    public required long Epoch { get; init; }

    /// <summary>The highest epoch the host has seen for the VM.</summary>
    public required long HighestEpoch { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
