using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// Turns libvirt's job figures into progress that never goes back. In the first pass over memory "remaining" falls; in later ones it starts anew
/// with what the guest has dirtied, so both the bytes and the percentage keep their highest value.
/// </summary>
internal sealed class TransferProgress
{
    // The end is reported by the end alone.
    const double MostWhileRunning = 99;

    /// <summary>What was reported last.</summary>
    public MigrationProgress? Last { get; private set; }

    /// <summary>The next report, or null if the figures say nothing yet.</summary>
    public MigrationProgress? Next(VirParameters job)
    {
        if (job.Number("data_total") is not > 0)
        {
            return null;
        }

        return Last = Read(job, MostWhileRunning);
    }

    /// <summary>The last report of a completed transfer.</summary>
    public MigrationProgress? End(VirParameters job) => Last = Read(job, 100) with { Percent = 100, RemainingBytes = 0 };

    MigrationProgress Read(VirParameters job, double most)
    {
        var total = job.Number("data_total") ?? 0;
        var remaining = job.Number("data_remaining") ?? 0;
        var done = total > 0 ? 100.0 * (total - remaining) / total : 0;
        return new MigrationProgress
        {
            Round = (int)Math.Max(job.Number("memory_iteration") ?? 1, Last?.Round ?? 1),
            TotalBytes = total,
            TransferredBytes = Math.Max(job.Number("data_processed") ?? 0, Last?.TransferredBytes ?? 0),
            RemainingBytes = remaining,
            DirtyBytesPerSecond = job.Number("memory_dirty_rate") * (job.Number("memory_page_size") ?? 4096),
            BytesPerSecond = job.Number("memory_bps"),
            Percent = Math.Max(Math.Clamp(done, 0, most), Last?.Percent ?? 0),
            ElapsedMs = Math.Max(job.Number("time_elapsed") ?? 0, Last?.ElapsedMs ?? 0),
        };
    }
}
