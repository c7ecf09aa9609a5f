using HvPlatform.Contracts;
using HvPlatform.Simulation.Worlds;

namespace HvPlatform.Simulation.Checks;

/// <summary>Looks at the hosts themselves: a VM runs at most once, at most one copy writes its disks, and one that was not deleted is never gone.</summary>
sealed class HypervisorChecks(World world)
{
    readonly Dictionary<VmId, Known> _vms = [];

    sealed class Known
    {
        /// <summary>Hosts on which a delete of this VM was accepted.</summary>
        public HashSet<HostId> Deletes { get; } = [];

        public HostId LastHost { get; set; }

        public long Epoch { get; set; }

        public bool Deleted { get; set; }
    }

    public void Know(VmId vm) => _vms[vm] = new Known();

    public void MayVanish(VmId vm, HostId host) => _vms[vm].Deletes.Add(host);

    public void Check()
    {
        foreach (var (id, known) in _vms)
        {
            if (known.Deleted)
            {
                continue;
            }

            Check(id, known);
        }
    }

    void Check(VmId id, Known known)
    {
        var (running, copies) = (0, 0);
        var epoch = 0L;
        HostId host = default;
        foreach (var h in world.FleetHosts)
        {
            if (!h.Vms.TryGetValue(id, out var vm) || vm.Incoming)
            {
                continue;
            }

            copies++;
            if (!vm.Left)
            {
                epoch = Math.Max(epoch, vm.Info.Epoch);
                host = h.Id;
            }

            if (vm.Info.State is VmState.Running or VmState.ShuttingDown)
            {
                running++;
            }
        }

        if (running > 1)
        {
            throw new ViolationException($"VM {id} runs, and writes its disks, on two hosts at once: {Where(id)}");
        }

        if (copies == 0)
        {
            if (known.Deletes.Contains(known.LastHost))
            {
                known.Deleted = true;
                return;
            }

            throw new ViolationException($"VM {id} is on no host any more and nobody deleted it");
        }

        if (host == default)
        {
            throw new ViolationException($"of VM {id} only what a finished migration left behind is there: {Where(id)}");
        }

        if (epoch < known.Epoch)
        {
            throw new ViolationException($"the epoch stored beside VM {id} shrinks from {known.Epoch} to {epoch}");
        }

        (known.LastHost, known.Epoch) = (host, epoch);
    }

    string Where(VmId id) => string.Join(", ", world.FleetHosts.Where(h => h.Vms.ContainsKey(id)).Select(h => $"{h.Name} {h.Vms[id].Info.State}"));
}
