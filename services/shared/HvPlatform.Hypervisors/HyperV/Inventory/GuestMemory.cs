using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// What guests said of themselves at the last look. Key-value pairs are the largest part of an inventory and change only when a guest boots or, rarely, in between: they are read
/// again for a VM that was started since, or whose guest had not told its version yet, and for all after a while.
/// </summary>
internal sealed class GuestMemory
{
    private static readonly TimeSpan Lasts = TimeSpan.FromMinutes(10);

    /// <summary>Two readings of an uptime say the same boot if they differ by less: the host's clock and ours are not read at the same moment.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(3);

    private readonly Lock gate = new();
    private readonly Dictionary<VmId, (IReadOnlyDictionary<string, string> Pairs, DateTimeOffset BootedAt, DateTimeOffset ReadAt)> known = [];

    /// <summary>Gives VMs what is remembered of them, and returns those whose pairs have to be read.</summary>
    public List<VmFacts> Recall(IEnumerable<VmFacts> vms, DateTimeOffset now)
    {
        var missing = new List<VmFacts>();
        lock (gate)
        {
            foreach (var vm in vms)
            {
                if (BootedAt(vm, now) is not { } booted)
                {
                    // It does not run: nobody says anything.
                    known.Remove(vm.Id);
                }
                else if (known.TryGetValue(vm.Id, out var one) && (one.BootedAt - booted).Duration() < Slack && now - one.ReadAt < Lasts && one.Pairs.ContainsKey("OSVersion"))
                {
                    vm.GuestPairs = one.Pairs;
                }
                else
                {
                    missing.Add(vm);
                }
            }
        }

        return missing;
    }

    /// <summary>Keeps what was read, and forgets the VMs that are no more.</summary>
    public void Keep(IReadOnlyCollection<VmFacts> read, IReadOnlyDictionary<VmId, VmFacts> all, DateTimeOffset now)
    {
        lock (gate)
        {
            foreach (var vm in read)
            {
                vm.GuestPairs = VmGuestReader.Pairs(vm.Kvp);
                known[vm.Id] = (vm.GuestPairs, BootedAt(vm, now) ?? now, now);
            }

            foreach (var gone in known.Keys.Where(id => !all.ContainsKey(id)).ToList())
            {
                known.Remove(gone);
            }
        }
    }

    private static DateTimeOffset? BootedAt(VmFacts vm, DateTimeOffset now) => vm.System.Number("OnTimeInMilliseconds") is > 0 and var uptime ? now.AddMilliseconds(-uptime) : null;
}
