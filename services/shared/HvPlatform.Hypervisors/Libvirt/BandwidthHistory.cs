using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>What recent transfers from this host reached, for forecasts; as long as this process lives.</summary>
internal sealed class BandwidthHistory
{
    const int Kept = 8;

    // A transfer of less is over before the link shows what it can do.
    const long LeastBytes = 32L << 20;

    readonly Queue<double> recent = new();

    /// <summary>The median, MiB/s; null if there was no transfer that tells.</summary>
    public double? MiBps
    {
        get
        {
            lock (recent)
            {
                return recent.Count == 0 ? null : recent.Order().ElementAt(recent.Count / 2);
            }
        }
    }

    /// <summary>Takes a completed transfer's figures.</summary>
    public void Remember(VirParameters job, MigrationPolicy policy)
    {
        var bytes = job.Number("memory_processed") ?? 0;
        var elapsedMs = (job.Number("time_elapsed") ?? 0) - (job.Number("setup_time") ?? 0);
        var mibps = bytes / 1048576.0 * 1000 / Math.Max(elapsedMs, 1);

        // One that its cap held back says nothing about the link, except that the link bears the cap.
        var held = policy.BandwidthMiBps is { } cap && mibps > 0.8 * cap;
        if (bytes < LeastBytes || elapsedMs <= 0 || held)
        {
            return;
        }

        lock (recent)
        {
            recent.Enqueue(mibps);
            if (recent.Count > Kept)
            {
                recent.Dequeue();
            }
        }
    }
}
