namespace HvPlatform.Contracts.Migrations;

/// <summary>The end of a transfer as the source knows it.</summary>
public sealed record VmTransferEnded
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The step of the operation this answers.</summary>
    public required string Step { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>How.</summary>
    public required VmTransferOutcome Outcome { get; init; }

    /// <summary>Bytes moved.</summary>
    public long? TransferredBytes { get; init; }

    /// <summary>How long the guest was paused, ms, as the hypervisor measured.</summary>
    public long? DowntimeMs { get; init; }

    /// <summary>Duration by the hypervisor's own count, ms.</summary>
    public long? ElapsedMs { get; init; }

    /// <summary>Passes over memory.</summary>
    public int? Rounds { get; init; }

    /// <summary>Why it did not complete.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
