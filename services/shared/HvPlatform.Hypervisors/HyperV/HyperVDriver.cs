using System.Runtime.CompilerServices;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Microsoft Hyper-V, over WS-Management from any system or over WMI on the host itself: the same code, since it sees only <see cref="ICimSession"/>. One instance per host. Nothing
/// is kept open that could be lost: a host that does not answer makes calls fail with Transient until it answers again, and its identity is checked before it is believed again.
/// </summary>
public sealed partial class HyperVDriver : IHypervisorDriver
{
    private readonly HyperVConnector connector;
    private readonly HostIdentity host;
    private readonly HyperVInventory inventory;
    private readonly HyperVServices services;
    private readonly HyperVPower power;
    private readonly HyperVMigration migration;

    private HyperVDriver(HyperVConnector connector, HostIdentity host, string? noFigures)
    {
        this.connector = connector;
        this.host = host;
        services = new HyperVServices(connector);
        inventory = new HyperVInventory(connector, services);
        power = new HyperVPower(connector);
        migration = new HyperVMigration(connector, GetAsync, GetFreeMemoryMiBAsync);
        Note(noFigures);
    }

    /// <inheritdoc/>
    public HypervisorKind Kind => HypervisorKind.HyperV;

    /// <summary>Every facet there is with this driver; what of it a host offers is in its capabilities.</summary>
    public static IReadOnlyList<string> AllFacets { get; } =
    [
        "power", "power-save", "power-reset", "power-hibernate", "definition", "definition-rename", "migration", "migration-cold", "migration-storage", "migration-hyperv", "stats", "settings", "checkpoints", "guest", "guest-files",
        "console", "switches", "export", "storage",
    ];

    /// <summary>Connects to a host. One that cannot be reached, refuses the credentials or is no Hyper-V host throws, with what to do about it: there is no fallback.</summary>
    /// <param name="options">How to reach it.</param>
    /// <param name="open">Makes the session.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="cancellationToken">Ends the connecting.</param>
    public static async Task<HyperVDriver> ConnectAsync(HyperVOptions options, Func<HyperVOptions, ICimSession> open, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        HyperVConnector connector;
        try
        {
            connector = new HyperVConnector(options, open(options), time ?? TimeProvider.System);
        }
        catch (CimException error)
        {
            throw HyperVErrors.From(error, "Cannot connect", options.Where);
        }

        try
        {
            var host = await connector.RunAsync("Cannot read the host's identity", session => HyperVIdentity.ReadAsync(session, options.Where, cancellationToken), cancellationToken);
            connector.Expect(host.Id, host.Name);
            return new HyperVDriver(connector, host, await WhyNoFiguresAsync(connector, cancellationToken));
        }
        catch
        {
            await connector.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<HostIdentity> GetHostAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled<HostIdentity>(cancellationToken) : Task.FromResult(host);

    /// <inheritdoc/>
    public async Task<HostCapabilities> GetCapabilitiesAsync(CancellationToken cancellationToken)
    {
        if (Stats is null)
        {
            // What was wrong with the counters may be mended by now.
            Note(await WhyNoFiguresAsync(connector, cancellationToken));
        }

        return await connector.RunAsync("Cannot read the host's capabilities", session => HyperVCapabilities.ReadAsync(session, connector, Facets(), cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<long?> GetFreeMemoryMiBAsync(CancellationToken cancellationToken) =>
        connector.RunAsync("Cannot read the host's free memory", session => HyperVHostFacts.FreeMemoryMiBAsync(session, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<HostScan> ListAsync(CancellationToken cancellationToken) => connector.RunAsync("Cannot list the VMs", session => inventory.ListAsync(session, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<VmInfo?> GetAsync(VmId vm, CancellationToken cancellationToken) =>
        connector.RunAsync($"Cannot read VM {vm}", session => inventory.GetAsync(session, vm, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(VmId vm, CancellationToken cancellationToken) => power.StartAsync(vm, cancellationToken);

    /// <inheritdoc/>
    public Task ForceOffAsync(VmId vm, CancellationToken cancellationToken) => power.ForceOffAsync(vm, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<DriverEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var poll = new ChangePoll();
        while (true)
        {
            IReadOnlyList<DriverEvent> events;
            try
            {
                events = await connector.RunAsync("Cannot look for changes", session => poll.LookAsync(session, cancellationToken), cancellationToken);
            }
            catch (HypervisorException error) when (error.Kind is ErrorKind.Timeout)
            {
                throw new HypervisorException(error.Error with { Kind = ErrorKind.Transient }, error);
            }

            foreach (var one in events)
            {
                yield return one;
            }

            await Task.Delay(connector.Options.PollInterval, connector.Time, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => connector.DisposeAsync();

    private static Task<string?> WhyNoFiguresAsync(HyperVConnector connector, CancellationToken cancellationToken) =>
        connector.RunAsync("Cannot look for the host's performance counters", session => HyperVStats.WhyNoneAsync(session, cancellationToken), cancellationToken);

    private void Note(string? noFigures)
    {
        NoFigures = noFigures;
        Stats = noFigures is null ? new HyperVStats(connector, services) : null;
    }

    private List<string> Facets()
    {
        var facets = new List<string>();
        Note(Power, "power", "power-save", "power-reset", "power-hibernate");
        Note(Definition, "definition", "definition-rename");
        Note(Migration, "migration", "migration-cold", "migration-storage", "migration-hyperv");
        Note(Stats, "stats");
        Note(Settings, "settings");
        Note(Checkpoints, "checkpoints");
        Note(Guest, "guest", "guest-files");
        Note(Console, "console");
        Note(Switches, "switches");
        Note(Export, "export");
        Note(Storage, "storage");
        return facets;

        void Note(object? facet, params ReadOnlySpan<string> names)
        {
            if (facet is not null)
            {
                facets.AddRange(names);
            }
        }
    }
}
