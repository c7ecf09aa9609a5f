using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Progress from what a migration's job tells, which is its percentage and its time: bytes are those parts of what there is to move. Nothing shrinks, whatever the host says.
/// </summary>
internal sealed class HyperVTransferProgress
{
    private const long MiB = 1024 * 1024;

    private long memory;
    private long disks;
    private int percent;

    /// <summary>How long the job has run, ms, by its own clock; null before it was seen.</summary>
    public long? ElapsedMs { get; private set; }

    /// <summary>What there is to move: the memory of a VM that runs, and the disks that are copied.</summary>
    public void Expect(VmInfo vm, IReadOnlyList<HyperVDiskMove> copied)
    {
        memory = HyperVSourceChecks.IsCold(vm.State) ? 0 : vm.MemoryMiB * MiB;
        disks = vm.Disks.Where(d => copied.Any(c => string.Equals(c.Source, d.Source, StringComparison.OrdinalIgnoreCase))).Sum(d => d.AllocatedBytes ?? d.CapacityBytes ?? 0);
    }

    /// <summary>The next figures.</summary>
    public MigrationProgress Next(HyperVJob job)
    {
        percent = Math.Max(percent, job.Percent);
        ElapsedMs = Math.Max(ElapsedMs ?? 0, (long)(job.Elapsed ?? TimeSpan.Zero).TotalMilliseconds);
        var total = memory + disks;
        var moved = total / 100 * percent;
        return new MigrationProgress
        {
            Round = 1,
            TotalBytes = total,
            TransferredBytes = moved,
            RemainingBytes = total - moved,
            BytesPerSecond = ElapsedMs > 0 && moved > 0 ? moved * 1000 / ElapsedMs : null,
            Percent = percent,
            ElapsedMs = ElapsedMs.Value,
            DiskTotalBytes = disks == 0 ? null : disks,
            DiskTransferredBytes = disks == 0 ? null : disks / 100 * percent,
        };
    }
}
