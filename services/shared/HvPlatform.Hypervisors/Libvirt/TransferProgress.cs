using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// Turns libvirt's job figures into progress that never goes back. Disks come first and their figures vanish when memory begins, so the last are kept;
/// until then the memory to come is taken from the VM's size. In the first pass over memory "remaining" falls; in later ones it starts anew with what
/// the guest has dirtied, so bytes and percentage keep their highest value.
/// </summary>
internal sealed class TransferProgress(TransferRequest request)
{
    // The end is reported by the end alone.
    const double MostWhileRunning = 99;

    readonly bool copiesDisks = request.Source?.CopyDisks.Count > 0;
    long diskTotal;
    long diskDone;
    long memoryDone;

    /// <summary>What was reported last.</summary>
    public MigrationProgress? Last { get; private set; }

    /// <summary>The next report, or null if the figures say nothing yet.</summary>
    public MigrationProgress? Next(VirParameters job, int rungs, bool postCopy) => job.Number("data_total") is > 0
        ? Last = Read(job, MostWhileRunning) with { LadderRungs = rungs, PostCopy = postCopy }
        : null;

    /// <summary>The last report of a completed transfer.</summary>
    public MigrationProgress? End(VirParameters job) =>
        Last = Read(job, 100) with { Percent = 100, RemainingBytes = 0, LadderRungs = Last?.LadderRungs ?? 0, PostCopy = Last?.PostCopy ?? false };

    MigrationProgress Read(VirParameters job, double most)
    {
        diskTotal = Math.Max(diskTotal, job.Number("disk_total") ?? 0);
        diskDone = Math.Min(diskTotal, Math.Max(diskDone, job.Number("disk_processed") ?? 0));
        memoryDone = Math.Max(memoryDone, job.Number("memory_processed") ?? 0);
        var begun = job.Number("memory_total") is > 0;
        var memoryTotal = begun ? job.Number("memory_total")!.Value : copiesDisks ? request.Source!.Vm.MemoryMiB << 20 : 0;
        var memoryLeft = begun ? job.Number("memory_remaining") ?? 0 : memoryTotal;

        // Once memory moves the disks are level with their copies, however much was written meanwhile.
        var diskLeft = begun ? 0 : diskTotal - diskDone;
        var total = diskTotal + memoryTotal;
        var remaining = Math.Min(total, diskLeft + memoryLeft);
        return new MigrationProgress
        {
            Round = (int)Math.Max(job.Number("memory_iteration") ?? 1, Last?.Round ?? 1),
            TotalBytes = total,
            TransferredBytes = Math.Max(diskDone + memoryDone, Last?.TransferredBytes ?? 0),
            RemainingBytes = remaining,
            DirtyBytesPerSecond = job.Number("memory_dirty_rate") * (job.Number("memory_page_size") ?? 4096),
            BytesPerSecond = begun || !copiesDisks ? job.Number("memory_bps") : job.Number("disk_bps"),
            Percent = Math.Max(Math.Clamp(total > 0 ? 100.0 * (total - remaining) / total : 0, 0, most), Last?.Percent ?? 0),
            ElapsedMs = Math.Max(job.Number("time_elapsed") ?? 0, Last?.ElapsedMs ?? 0),
            DiskTotalBytes = diskTotal > 0 ? diskTotal : null,
            DiskTransferredBytes = diskTotal > 0 ? diskDone : null,
            ThrottlePercent = (int?)job.Number("auto_converge_throttle"),
        };
    }
}
