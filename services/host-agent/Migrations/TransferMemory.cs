using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors;

namespace HvPlatform.HostAgent.Migrations;

/// <summary>
/// What an agent remembers of transfers while it runs: how far each operation had come, so that its progress never goes back when the transfer is attached to anew or
/// tried a second time, and the throughput that recent ones reached, to forecast the next by.
/// </summary>
sealed class TransferMemory
{
    const int MostOperations = 1000;
    const int MostThroughputs = 16;

    // Less than this shows how long a transfer's beginning and end take, not what the link carries.
    const long LeastBytes = 32L << 20;
    const double MiB = 1024 * 1024;

    readonly Dictionary<OperationId, (double Percent, long Bytes)> _highest = [];
    readonly Queue<OperationId> _order = new();
    readonly Queue<double> _throughputs = new();

    /// <summary>The most that one of the last transfers reached, MiB/s; null if none has shown it. Transfers with a cap show the cap and are left out.</summary>
    public double? BandwidthMiBps
    {
        get
        {
            lock (_throughputs)
            {
                return _throughputs.Count == 0 ? null : _throughputs.Max();
            }
        }
    }

    /// <summary>The progress with what must not shrink at its highest in this operation.</summary>
    public MigrationProgress Keep(OperationId operation, MigrationProgress progress)
    {
        lock (_highest)
        {
            if (!_highest.TryGetValue(operation, out var highest))
            {
                _order.Enqueue(operation);
                if (_order.Count > MostOperations)
                {
                    _highest.Remove(_order.Dequeue());
                }
            }

            highest = (Math.Max(highest.Percent, Math.Clamp(progress.Percent, 0, 100)), Math.Max(highest.Bytes, progress.TransferredBytes));
            _highest[operation] = highest;
            return progress with { Percent = highest.Percent, TransferredBytes = highest.Bytes };
        }
    }

    /// <summary>Takes the figures of a transfer that has ended.</summary>
    public void Ended(MigrationPolicy policy, TransferResult result)
    {
        if (result is { Outcome: VmTransferOutcome.Completed, TransferredBytes: >= LeastBytes and var bytes, ElapsedMs: > 0 and var ms } && policy.BandwidthMiBps is null)
        {
            lock (_throughputs)
            {
                _throughputs.Enqueue(bytes * 1000 / MiB / ms);
                while (_throughputs.Count > MostThroughputs)
                {
                    _throughputs.Dequeue();
                }
            }
        }
    }
}
