using System.Globalization;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Network;
using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator;

/// <summary>Fills a fleet with virtual machines that differ from each other, the same ones for the same seed.</summary>
internal static class FleetContents
{
    private static readonly string[] Systems = ["Ubuntu 24.04 LTS", "Windows Server 2022 Datacenter", "Debian GNU/Linux 13", "Windows Server 2025 Standard"];
    private static readonly long[] Memories = [1024, 2048, 4096, 8192];

    /// <summary>The most memory that one of these virtual machines has, MB.</summary>
    public static long MostMemoryMb => Memories[^1];

    /// <summary>Puts switches and virtual machines on a host.</summary>
    /// <param name="host">The host.</param>
    /// <param name="first">The number of the first virtual machine in the fleet.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">The fleet's seed.</param>
    /// <param name="progress">Gets the number of the last virtual machine after each.</param>
    /// <param name="cancellationToken">Ends it between two virtual machines.</param>
    public static void Fill(SimulatedHyperVHost host, int first, int count, int seed, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        lock (host.Gate)
        {
            host.AddSwitch("LAN", SwitchKind.External);
            host.AddSwitch("Private", SwitchKind.Private);
        }

        for (var number = first; number < first + count; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var random = new Random((seed * 1_000_003) + number);
            var name = "vm" + number.ToString("0000", CultureInfo.InvariantCulture);
            host.AddVm(new NewVm(name)
            {
                Generation = random.Next(4) == 0 ? 1 : 2,
                Processors = 1 << random.Next(4),
                MemoryMb = Memories[random.Next(Memories.Length)],
                Disks = [new NewVmDisk(WindowsPath.Join(DefaultPaths.VirtualHardDisks, name + ".vhdx"), (ulong)(20 + random.Next(80)) << 30)],
                Switches = ["LAN"],
                Notes = random.Next(3) == 0 ? $"Owner: team {random.Next(20)}" : null,
                State = random.Next(10) switch { < 6 => VmState.Running, 6 => VmState.Saved, 7 => VmState.Paused, _ => VmState.Off },
                Since = TimeSpan.FromMinutes(random.Next(10, 100_000)),
                GuestOperatingSystem = Systems[random.Next(Systems.Length)],
            });
            progress?.Report(number);
        }
    }
}
