using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>What a simulated VM has beside what every report carries. Guarded by the fleet's gate.</summary>
sealed class SimulatedBelongings
{
    public string? Notes { get; set; }

    public VmProcessorSettings Processor { get; set; } = new() { ReservationPercent = 0, LimitPercent = 100, Weight = 100 };

    public VmMemorySettings Memory { get; set; } = new() { Dynamic = false, BufferPercent = 20, Weight = 5000 };

    public VmIntegrationSettings Integration { get; set; } = new() { Heartbeat = true, GuestServices = false };

    public VmConsoleMode ConsoleMode { get; set; } = VmConsoleMode.Graphics;

    public SortedDictionary<int, string> SerialPipes { get; } = new() { [1] = "", [2] = "" };

    /// <summary>Names and VLANs of adapters by MAC address, where they are not the usual ones.</summary>
    public Dictionary<string, (string Name, int? VlanId)> Adapters { get; } = [];

    /// <summary>Ids of disks and adapters in the order the firmware tries them, where someone has said.</summary>
    public IReadOnlyList<string> BootOrder { get; set; } = [];

    public List<(VmCheckpoint Checkpoint, VmInfo Info)> Checkpoints { get; } = [];

    public string? CurrentCheckpoint { get; set; }

    public int CheckpointsMade { get; set; }

    public SortedDictionary<string, string> Kvp { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, string> HostOnlyKvp { get; } = new(StringComparer.Ordinal);

    /// <summary>Files copied into the guest.</summary>
    public HashSet<string> Files { get; } = new(StringComparer.OrdinalIgnoreCase);
}
