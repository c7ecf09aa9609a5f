using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>
/// A fleet of simulated hosts in one process: no VM of it is real, and everything it reports says so. The same seed gives the same hosts and VMs
/// with the same ids. All state is behind one gate, so a switch-over is seen by both hosts at the same instant; calls are short and
/// nothing is awaited inside it. Time comes only from <paramref name="time"/>, so a virtual clock can drive it.
/// </summary>
public sealed class SimulatedFleet(int seed, TimeProvider time)
{
    static readonly int[] VcpuChoices = [1, 2, 2, 4, 4, 8];
    static readonly long[] MemoryChoicesMiB = [512, 1024, 2048, 4096, 8192];

    readonly Dictionary<HostId, SimulatedHost> _hosts = [];
    readonly HashSet<ITimer> _timers = [];
    readonly HashSet<(HostId, HostId)> _cutLinks = [];

    internal Lock Gate { get; } = new();

    internal TimeProvider Time { get; } = time;

    /// <summary>Exports in directories that every host reaches, by directory.</summary>
    internal Dictionary<string, SimulatedPackage> SharedPackages { get; } = [];

    /// <summary>
    /// Told of every change a call makes (not of calls that find it made), at its instant and within the gate: what is called here looks, and neither waits nor calls back. For
    /// simulations and tests that count effects.
    /// </summary>
    public event Action<SimulatedEffect>? Changed;

    /// <summary>The hosts in the order they were added.</summary>
    public IReadOnlyList<SimulatedHost> Hosts
    {
        get
        {
            lock (Gate)
            {
                return [.. _hosts.Values];
            }
        }
    }

    /// <summary>A host of the fleet. Throws <see cref="KeyNotFoundException"/> if there is none.</summary>
    public SimulatedHost this[HostId host]
    {
        get
        {
            lock (Gate)
            {
                return _hosts[host];
            }
        }
    }

    /// <summary>Adds an empty host; its id follows from the seed and its number.</summary>
    public SimulatedHost AddHost(SimulatedHostOptions? options = null)
    {
        lock (Gate)
        {
            var number = _hosts.Count + 1;
            var host = new SimulatedHost(this, HostId.From(NextId(HostRandom(number))), $"sim-host-{number:D4}", options ?? new SimulatedHostOptions());
            _hosts.Add(host.Id, host);
            return host;
        }
    }

    /// <summary>Adds hosts with VMs, four of five running.</summary>
    /// <param name="hosts">How many.</param>
    /// <param name="vmsPerHost">On each.</param>
    /// <param name="vmMemoryMiB">Memory of every VM; null for a mix of 512 to 8192.</param>
    /// <param name="options">What every host is.</param>
    /// <param name="guest">How every guest behaves.</param>
    public void Populate(int hosts, int vmsPerHost, long? vmMemoryMiB = null, SimulatedHostOptions? options = null, SimulatedGuest? guest = null)
    {
        for (var h = 0; h < hosts; h++)
        {
            var host = AddHost(options);
            var random = HostRandom(-host.Number);
            for (var v = 1; v <= vmsPerHost; v++)
            {
                var id = VmId.From(NextId(random));
                var memory = vmMemoryMiB ?? MemoryChoicesMiB[random.Next(MemoryChoicesMiB.Length)];
                host.AddVm(NewVm(id, $"sim-{host.Number:D4}-{v:D3}", VcpuChoices[random.Next(VcpuChoices.Length)], memory, random.Next(5) == 0 ? VmState.Off : VmState.Running), guest);
            }
        }
    }

    /// <summary>A VM with one shared disk and one adapter, both derived from its id.</summary>
    public static VmInfo NewVm(VmId id, string name, int vcpus, long memoryMiB, VmState state)
    {
        var b = id.Value.ToByteArray(bigEndian: true);
        return new VmInfo
        {
            Id = id,
            Name = name,
            State = state,
            StateReason = "simulated",
            Vcpus = vcpus,
            MemoryMiB = memoryMiB,
            Disks = [new VmDisk { Target = "vda", Source = $"/simulated/{name}.qcow2", Format = "qcow2", CapacityBytes = 20L << 30, AllocatedBytes = 2L << 30, Shared = true }],
            Nics = [new VmNic { MacAddress = $"52:54:00:{b[13]:x2}:{b[14]:x2}:{b[15]:x2}", Network = "simulated", Model = "virtio" }],
        };
    }

    /// <summary>The hosts that have this VM, and its state there. What a test of "exactly one copy" looks at.</summary>
    public IReadOnlyList<(HostId Host, VmState State)> WhereIs(VmId vm)
    {
        lock (Gate)
        {
            return [.. _hosts.Values.Where(h => h.Vms.ContainsKey(vm)).Select(h => (h.Id, h.Vms[vm].Info.State))];
        }
    }

    /// <summary>
    /// Who may write which disk at this moment: each copy of a VM whose guest could run on, and each transfer that fills a disk on its destination. Never two of one disk.
    /// </summary>
    public IReadOnlyList<SimulatedDiskUse> OpenDisks
    {
        get
        {
            lock (Gate)
            {
                return
                [
                    .. from host in _hosts.Values from vm in host.Vms.Values where vm.OpensDisks from disk in vm.Info.Disks where disk.Source is not null
                       select new SimulatedDiskUse(disk.Source!, host.Reaches(disk) ? null : host.Id, host.Id, vm.Info.Id),
                    .. from host in _hosts.Values from transfer in host.Transfers where transfer.Source == host from disk in transfer.DisksBeingCopied
                       select new SimulatedDiskUse(disk, transfer.Destination.Id, host.Id, transfer.Vm.Info.Id),
                ];
            }
        }
    }

    /// <summary>Cuts the network between two hosts: transfers stand still, a guest that still fetches its memory stops, and none begins.</summary>
    public void CutLink(HostId one, HostId other)
    {
        lock (Gate)
        {
            if (_cutLinks.Add(Link(one, other)))
            {
                foreach (var transfer in _hosts[one].Transfers.Where(t => t.Destination.Id == other || t.Source.Id == other).ToArray())
                {
                    transfer.LinkCutLocked();
                }
            }
        }
    }

    /// <summary>Plugs it in again: transfers that stand still go on.</summary>
    public void RestoreLink(HostId one, HostId other)
    {
        lock (Gate)
        {
            _cutLinks.Remove(Link(one, other));
        }
    }

    internal bool IsCutLocked(SimulatedHost one, SimulatedHost other) => _cutLinks.Contains(Link(one.Id, other.Id));

    /// <summary>Does something later, as the hypervisor itself: whoever asked for it may be dead by then.</summary>
    internal void After(TimeSpan wait, Action run)
    {
        lock (_timers)
        {
            ITimer? timer = null;
            timer = Time.CreateTimer(
                _ =>
                {
                    lock (_timers)
                    {
                        _timers.Remove(timer!);
                    }

                    timer!.Dispose();
                    run();
                },
                null,
                wait,
                Timeout.InfiniteTimeSpan);
            _timers.Add(timer);
        }
    }

    internal void TellLocked(SimulatedHost host, VmId vm, SimulatedOperation operation) => Changed?.Invoke(new SimulatedEffect(host.Id, vm, operation));

    internal SimulatedHost? Find(string migrationUri)
    {
        const string Scheme = "simulated://";
        return migrationUri.StartsWith(Scheme, StringComparison.Ordinal) && HostId.TryParse(migrationUri[Scheme.Length..], null, out var id)
            ? _hosts.GetValueOrDefault(id)
            : null;
    }

    static (HostId, HostId) Link(HostId one, HostId other) => one.Value.CompareTo(other.Value) < 0 ? (one, other) : (other, one);

    Random HostRandom(int number) => new(unchecked((seed * 1_000_003) + number));

    static Guid NextId(Random random)
    {
        Span<byte> b = stackalloc byte[16];
        random.NextBytes(b);
        b[6] = (byte)((b[6] & 0x0f) | 0x40);
        b[8] = (byte)((b[8] & 0x3f) | 0x80);
        return new Guid(b, bigEndian: true);
    }
}

/// <summary>A host's VM was changed by a call.</summary>
/// <param name="Host">Where.</param>
/// <param name="Vm">Which.</param>
/// <param name="Operation">By which call.</param>
public sealed record SimulatedEffect(HostId Host, VmId Vm, SimulatedOperation Operation);

/// <summary>A disk that is open for writing.</summary>
/// <param name="Path">Its path.</param>
/// <param name="On">The host that has the file; null for storage that hosts share.</param>
/// <param name="By">The host that writes: another one than <paramref name="On"/> while the disk is copied.</param>
/// <param name="Vm">The VM.</param>
public sealed record SimulatedDiskUse(string Path, HostId? On, HostId By, VmId Vm);
