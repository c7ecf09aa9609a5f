namespace HvPlatform.Contracts.Migrations;

/// <summary>Figures of a running transfer.</summary>
public sealed record MigrationProgress
{
    /// <summary>Pass over memory, from 1.</summary>
    public required int Round { get; init; }

    /// <summary>Memory and disk to move, bytes; may grow.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Moved so far, bytes; never shrinks.</summary>
    public required long TransferredBytes { get; init; }

    /// <summary>Known to be left, bytes.</summary>
    public required long RemainingBytes { get; init; }

    /// <summary>How fast the guest dirties memory.</summary>
    public long? DirtyBytesPerSecond { get; init; }

    /// <summary>Throughput.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>0 to 100, never goes back within one transfer.</summary>
    public required double Percent { get; init; }

    /// <summary>Since the transfer began, ms.</summary>
    public required long ElapsedMs { get; init; }

    /// <summary>Until the end, ms, a value that one transfer in ten beats; null while there is too little to go by.</summary>
    public long? EtaP10Ms { get; init; }

    /// <summary>Until the end, ms, a value that nine transfers in ten beat; null while there is too little to go by, or when it does not converge.</summary>
    public long? EtaP90Ms { get; init; }

    /// <summary>Of <see cref="TotalBytes"/>, disk, bytes; null if no disk is copied.</summary>
    public long? DiskTotalBytes { get; init; }

    /// <summary>Of <see cref="TransferredBytes"/>, disk, bytes; null if no disk is copied.</summary>
    public long? DiskTransferredBytes { get; init; }

    /// <summary>How much the guest's CPUs are slowed, 0 to 99; null if the hypervisor does not say.</summary>
    public int? ThrottlePercent { get; init; }

    /// <summary>True once the guest runs on the destination while its memory is still fetched.</summary>
    public bool PostCopy { get; init; } = false;

    /// <summary>How many rungs of the policy's ladder were climbed so far.</summary>
    public int LadderRungs { get; init; } = 0;
}
