using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.Libvirt;
using HvPlatform.Hypervisors.Simulated;
using HvPlatform.ServiceKit;

namespace HvPlatform.HostAgent.Hosts;

/// <summary>Makes the drivers an entry of <c>Hv:Agents</c> asks for. A name it does not know, or a hypervisor that is not there, is an error: there is no fallback.</summary>
sealed class DriverFactory(SimulatedFleets fleets, TimeProvider time, ILogger<DriverFactory> logger)
{
    /// <summary>One driver per host; several only for a simulated fleet.</summary>
    public Task<IReadOnlyList<IHypervisorDriver>> CreateAsync(string where, AgentOptions options, CancellationToken cancellationToken) => options.Driver.ToLowerInvariant() switch
    {
        "simulated" => Task.FromResult(Simulated(options)),
        "libvirt" => LibvirtAsync(options, cancellationToken),
        "hyperv" => HyperVAsync(where, options, cancellationToken),
        "" => throw new HvStartupException("An agent has no driver", $"{where}:Driver", "it is empty.", "Set it to 'libvirt' or 'hyperv', or to 'simulated' for hosts that do not exist."),
        _ => throw new HvStartupException("An agent's driver is unknown", $"{where}:Driver", $"'{options.Driver}' is none of this build's drivers.", "Use 'libvirt', 'hyperv' or 'simulated'."),
    };

    IReadOnlyList<IHypervisorDriver> Simulated(AgentOptions options)
    {
        var fleet = fleets.Get(options.Simulated, options.MaxConcurrentMigrations, options.MaxMigrationBandwidthMiBps);
        Log.SimulatedFleet(logger, fleet.Hosts.Count, options.Simulated.Hosts * options.Simulated.VmsPerHost);
        return [.. fleet.Hosts.Select(h => new SimulatedDriver(fleet, h.Id))];
    }

    async Task<IReadOnlyList<IHypervisorDriver>> LibvirtAsync(AgentOptions options, CancellationToken cancellationToken)
    {
        var libvirt = new LibvirtOptions
        {
            SharedPaths = options.SharedPaths,
            HostRoot = options.HostRoot,
            MigrationUri = options.MigrationUri,
            MigrationHost = options.MigrationHost,
            MaxConcurrentMigrations = options.MaxConcurrentMigrations,
            MaxMigrationBandwidthMiBps = options.MaxMigrationBandwidthMiBps,
            ForceEmulation = options.ForceEmulation,
            SerialLogFolder = options.SerialLogFolder,
        };
        return [await LibvirtDriver.ConnectAsync(options.Uri is { } uri ? libvirt with { Uri = uri } : libvirt, time, cancellationToken)];
    }

    async Task<IReadOnlyList<IHypervisorDriver>> HyperVAsync(string where, AgentOptions options, CancellationToken cancellationToken)
    {
        var hyperV = new HyperVOptions
        {
            Remote = options.Uri is { } uri ? HyperVAgentOptions.ToWsMan(where, uri, options.HyperV) : null,
            SharedPaths = options.SharedPaths,
            MigrationHost = options.MigrationHost,
            MaxConcurrentMigrations = options.MaxConcurrentMigrations,
            MaxMigrationBandwidthMiBps = options.MaxMigrationBandwidthMiBps,
            PollInterval = TimeSpan.FromSeconds(options.HyperV.PollSeconds),
        };
        var driver = await HyperVDriver.ConnectAsync(hyperV, HyperVSessions.Open, time, cancellationToken);
        if (driver.NoFigures is { } why)
        {
            Log.NoFigures(logger, (await driver.GetHostAsync(cancellationToken)).Name, why);
        }

        return [driver];
    }
}
