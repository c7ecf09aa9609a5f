using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>How busy a guest is: a slow wave with some noise, the same at the same time for the same machine and seed.</summary>
internal static class VmLoad
{
    private const int HistoryLength = 100;
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    /// <summary>Load of the virtual processors, 0 to 100; 0 while the machine does not run.</summary>
    public static ushort ProcessorPercent(SimulatedHyperVHost host, SimulatedVm vm, DateTimeOffset now) =>
        vm.State != VmState.Running ? (ushort)0 : vm.Guest.BootedAt is { } booted && now < booted + host.Options.GuestBootDuration ? (ushort)95 : (ushort)Wave(vm, host.Options.Seed, now, 5, 60);

    /// <summary>The last hundred loads, the newest first.</summary>
    public static ushort[] ProcessorHistory(SimulatedHyperVHost host, SimulatedVm vm, DateTimeOffset now)
    {
        if (vm.State != VmState.Running)
        {
            return [];
        }

        var history = new ushort[HistoryLength];
        for (var i = 0; i < HistoryLength; i++)
        {
            history[i] = now - (i * Step) < (vm.Guest.BootedAt ?? now) ? (ushort)0 : ProcessorPercent(host, vm, now - (i * Step));
        }

        return history;
    }

    /// <summary>What the guest wants to have of memory, MB.</summary>
    public static long MemoryDemandMb(SimulatedHyperVHost host, SimulatedVm vm, DateTimeOffset now) =>
        vm.State != VmState.Running ? 0 : Memory(vm).Number("VirtualQuantity")!.Value * Wave(vm, host.Options.Seed + 1, now, 30, 40) / 100;

    /// <summary>What the machine has of memory, MB: with dynamic memory it follows the demand between the limits.</summary>
    public static long AssignedMemoryMb(SimulatedHyperVHost host, SimulatedVm vm, DateTimeOffset now)
    {
        var memory = Memory(vm);
        if (vm.AssignedMemoryMb == 0 || memory.Boolean("DynamicMemoryEnabled") != true)
        {
            return vm.AssignedMemoryMb;
        }

        var wanted = MemoryDemandMb(host, vm, now) * (100 + (memory.Number("TargetMemoryBuffer") ?? 20)) / 100 / 2 * 2;
        return Math.Clamp(wanted, memory.Number("Reservation")!.Value, Math.Max(memory.Number("Reservation")!.Value, memory.Number("Limit")!.Value));
    }

    private static CimInstance Memory(SimulatedVm vm) => vm.Configuration.Of("Msvm_MemorySettingData").First();

    private static int Wave(SimulatedVm vm, int seed, DateTimeOffset now, int least, int range)
    {
        Span<byte> id = stackalloc byte[16];
        vm.Id.TryWriteBytes(id);
        var own = BitConverter.ToUInt32(id) ^ (uint)seed;
        var second = now.ToUnixTimeSeconds();
        var wave = (Math.Sin((second + (own % 600)) * Math.Tau / (120 + (own >> 8) % 240)) + 1) / 2;
        var noise = Mix(own ^ (ulong)(second / 2)) % 1000 / 1000.0;
        return Math.Clamp(least + (int)(range * ((wave * 0.8) + (noise * 0.2))), 0, 100);
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
