using System.Globalization;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Repository;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>
/// A simulated Hyper-V host. Its state is changed only under <see cref="Gate"/>; time passes when somebody asks it something (<see cref="TimeProvider"/>), no timer runs.
/// </summary>
public sealed partial class SimulatedHyperVHost
{
    private readonly Random random;
    private int addresses;
    private readonly Dictionary<string, SimulatedVm> vms = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, SimulatedVm> plannedVms = new(StringComparer.OrdinalIgnoreCase);

    private SimulatedHyperVHost(string name, SimulatedHostOptions options, TimeProvider clock)
    {
        Name = name;
        Options = options;
        Clock = clock;
        Timeline = new Timeline(clock);
        Catalogue = new CimCatalogue(name, Timeline.Advance);
        BootedAt = clock.GetUtcNow();
        random = new Random(SeedOf(name, options.Seed));
        Jobs = new HostJobs(this);
        AddVmParts();
        AddParts();
        _ = new Windows.WindowsInstances(this);
        _ = new Windows.PerformanceCounters(this);
    }

    /// <summary>Its computer name.</summary>
    public string Name { get; }

    /// <summary>What it is made of.</summary>
    public SimulatedHostOptions Options { get; }

    /// <summary>Its clock.</summary>
    public TimeProvider Clock { get; }

    /// <summary>What happens later on it.</summary>
    public Timeline Timeline { get; }

    /// <summary>Its jobs.</summary>
    public HostJobs Jobs { get; }

    /// <summary>Its CIM server.</summary>
    public CimCatalogue Catalogue { get; }

    /// <summary>The host's one lock.</summary>
    public Lock Gate => Catalogue.Gate;

    /// <summary>When its operating system was started.</summary>
    public DateTimeOffset BootedAt { get; private set; }

    /// <summary>Its virtual machines by <see cref="SimulatedVm.Key"/>, in any casing.</summary>
    public IReadOnlyDictionary<string, SimulatedVm> Vms => vms;

    /// <summary>Its planned virtual machines likewise.</summary>
    public IReadOnlyDictionary<string, SimulatedVm> PlannedVms => plannedVms;

    /// <summary>The path of the host's own <c>Msvm_ComputerSystem</c>.</summary>
    public CimPath Path => new("Msvm_ComputerSystem", ("CreationClassName", "Msvm_ComputerSystem"), ("Name", Name));

    /// <summary>Makes a host with nothing on it.</summary>
    public static SimulatedHyperVHost Create(string name, SimulatedHostOptions options, TimeProvider clock)
    {
        var host = new SimulatedHyperVHost(name, options, clock);
        return host;
    }

    /// <summary>A session with this host that needs no wire.</summary>
    public InProcessCimSession OpenSession() => new(Catalogue);

    /// <summary>A new id; the same ones in the same order for every host of this name and seed.</summary>
    public Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        bytes[7] = (byte)((bytes[7] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes);
    }

    /// <summary>The first eight digits of the addresses this host gives to network adapters.</summary>
    internal string AddressPrefix => string.Create(CultureInfo.InvariantCulture, $"00155D{(byte)SeedOf(Name, Options.Seed):X2}");

    /// <summary>The next address for a network adapter, from the host's range.</summary>
    internal string NextAddress() => string.Create(CultureInfo.InvariantCulture, $"{AddressPrefix}{addresses++ & 0xFFFF:X4}");

    private static int SeedOf(string name, int seed)
    {
        var hash = 2166136261u;
        foreach (var c in name)
        {
            hash = (hash ^ c) * 16777619u;
        }

        return (int)hash ^ (seed * 486187739);
    }
}
