using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Repository;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>
/// A simulated Hyper-V host. Its state is changed only under <see cref="Gate"/>; time passes when somebody asks it something (<see cref="TimeProvider"/>), no timer runs.
/// </summary>
public sealed partial class SimulatedHyperVHost
{
    private readonly Dictionary<string, SimulatedVm> vms = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, SimulatedVm> plannedVms = new(StringComparer.OrdinalIgnoreCase);

    private SimulatedHyperVHost(string name, SimulatedHostOptions options, TimeProvider clock)
    {
        Name = name;
        Options = options;
        Clock = clock;
        Catalogue = new CimCatalogue(name, Advance);
        BootedAt = clock.GetUtcNow();
    }

    /// <summary>Its computer name.</summary>
    public string Name { get; }

    /// <summary>What it is made of.</summary>
    public SimulatedHostOptions Options { get; }

    /// <summary>Its clock.</summary>
    public TimeProvider Clock { get; }

    /// <summary>Its CIM server.</summary>
    public CimCatalogue Catalogue { get; }

    /// <summary>The host's one lock.</summary>
    public Lock Gate => Catalogue.Gate;

    /// <summary>When its operating system was started.</summary>
    public DateTimeOffset BootedAt { get; }

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

    private void Advance()
    {
    }
}
