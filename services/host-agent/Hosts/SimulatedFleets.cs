using System.Collections.Concurrent;
using HvPlatform.Hypervisors.Simulated;

namespace HvPlatform.HostAgent.Hosts;

/// <summary>The simulated fleets of this process, by seed: agents of one fleet can migrate VMs to one another.</summary>
sealed class SimulatedFleets(TimeProvider time)
{
    readonly ConcurrentDictionary<int, SimulatedFleet> _fleets = [];

    /// <summary>Makes a fleet known by its seed before an agent asks for it; false if there is one.</summary>
    public bool TryAdd(int seed, SimulatedFleet fleet) => _fleets.TryAdd(seed, fleet);

    /// <summary>The fleet of a seed; made with the options the first time.</summary>
    public SimulatedFleet Get(SimulatedOptions options, int? maxConcurrentMigrations = null, int? maxMigrationBandwidthMiBps = null) => _fleets.GetOrAdd(options.Seed, seed =>
    {
        var fleet = new SimulatedFleet(seed, time);
        var host = new SimulatedHostOptions
        {
            MemoryMiB = options.MemoryMiB,
            BandwidthMiBps = options.BandwidthMiBps,
            MaxConcurrentMigrations = maxConcurrentMigrations,
            MaxMigrationBandwidthMiBps = maxMigrationBandwidthMiBps,
        };
        fleet.Populate(options.Hosts, options.VmsPerHost, options.VmMemoryMiB, host, new SimulatedGuest { DirtyMiBps = options.DirtyMiBps });
        return fleet;
    });
}
