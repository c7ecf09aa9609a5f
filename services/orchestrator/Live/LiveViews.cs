using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Orchestrator.Live;

/// <summary>Data of <c>migration_progressed</c>: how far a transfer is.</summary>
internal sealed record MigrationProgressedView
{
    public required OperationId OperationId { get; init; }

    public required VmId VmId { get; init; }

    public MigrationPhase? Phase { get; init; }

    public required DateTimeOffset At { get; init; }

    public required long TransferredBytes { get; init; }

    public required long RemainingBytes { get; init; }

    public required long TotalBytes { get; init; }

    public long? BytesPerSecond { get; init; }

    public long? DirtyBytesPerSecond { get; init; }

    public double? EtaLowSeconds { get; init; }

    public double? EtaHighSeconds { get; init; }

    public required double Percent { get; init; }
}

/// <summary>Data of <c>vm_sampled</c>: the newest figures of a host and of its VMs, or of the one VM that was asked for.</summary>
internal sealed record HostSampledView
{
    public required HostId HostId { get; init; }

    public required DateTimeOffset At { get; init; }

    public double? CpuPercent { get; init; }

    public long? MemoryUsedMiB { get; init; }

    public long? MemoryTotalMiB { get; init; }

    public required int RunningVms { get; init; }

    public required IReadOnlyList<VmSampledView> Points { get; init; }
}

/// <summary>Figures of one VM.</summary>
internal sealed record VmSampledView
{
    public required VmId VmId { get; init; }

    public double? CpuPercent { get; init; }

    public long? MemoryUsedMiB { get; init; }

    public long? DiskReadBytesPerSecond { get; init; }

    public long? DiskWriteBytesPerSecond { get; init; }

    public long? NetReceivedBytesPerSecond { get; init; }

    public long? NetSentBytesPerSecond { get; init; }
}
