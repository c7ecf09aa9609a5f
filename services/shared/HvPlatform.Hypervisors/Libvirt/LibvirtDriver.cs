using System.Runtime.CompilerServices;
using System.Threading.Channels;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Libvirt.Export;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// QEMU/KVM through libvirt's C library. One instance per host. A lost connection ends running watches and makes calls fail with Transient until
/// libvirtd answers again; the driver reconnects at the next call.
/// </summary>
public sealed class LibvirtDriver : IHypervisorDriver, IEpochDriver
{
    readonly LibvirtConnector connector;
    readonly HostFacts host;
    readonly LibvirtMigration migration;
    readonly TimeProvider time;
    readonly LibvirtExport export;

    LibvirtDriver(LibvirtConnector connector, HostFacts host, TimeProvider time)
    {
        this.connector = connector;
        this.host = host;
        this.time = time;
        migration = new LibvirtMigration(connector, host, time);
        Power = new LibvirtPower(connector);
        Definition = new LibvirtDefinition(connector, host);
        Stats = new LibvirtStats(connector);
        Settings = new LibvirtSettings(connector, time);
        Display = new LibvirtDisplay(connector);
        export = new LibvirtExport(connector, host, time);
    }

    /// <inheritdoc/>
    public HypervisorKind Kind => HypervisorKind.Libvirt;

    /// <inheritdoc/>
    public IPowerDriver? Power { get; }

    /// <inheritdoc/>
    public IDefinitionDriver? Definition { get; }

    /// <inheritdoc/>
    public IMigrationDriver? Migration => migration;

    /// <inheritdoc/>
    public IStatsDriver? Stats { get; }

    /// <inheritdoc/>
    public ISettingsDriver? Settings { get; }

    /// <inheritdoc/>
    public IDisplayDriver? Display { get; }

    /// <inheritdoc/>
    public IExportDriver? Export => DomainXml.IsLocal(connector.Options.Uri) ? export : null;

    /// <inheritdoc/>
    public IEpochDriver? Epochs => this;

    /// <summary>Every facet there is with this driver; what of it a host offers is in its capabilities.</summary>
    public static IReadOnlyList<string> AllFacets { get; } = ["power", "power-save", "power-reset", "power-hibernate", "definition", "definition-rename", "migration", "migration-cold", "migration-storage", "migration-postcopy", "stats", "settings", "export"];

    /// <summary>Native calls made to the host so far; for tests and metrics.</summary>
    public long NativeCalls => connector.Calls;

    /// <summary>
    /// Connects to a host. A missing libvirt.so.0, a refused socket or refused credentials throw, each with what to do about it: there is no fallback.
    /// </summary>
    public static async Task<LibvirtDriver> ConnectAsync(LibvirtOptions options, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        var connector = new LibvirtConnector(options);
        try
        {
            var host = await connector.RunAsync(HostFacts.Read, cancellationToken);
            connector.Expect(host.Id);
            return new LibvirtDriver(connector, host, time ?? TimeProvider.System);
        }
        catch
        {
            connector.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<HostIdentity> GetHostAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<HostIdentity>(cancellationToken)
            : Task.FromResult(new HostIdentity(host.Id, host.Name));

    /// <inheritdoc/>
    public Task<HostCapabilities> GetCapabilitiesAsync(CancellationToken cancellationToken) =>
        connector.RunAsync(s => HostFacts.Capabilities(s, Facets(s)), cancellationToken);

    /// <inheritdoc/>
    public Task<long?> GetFreeMemoryMiBAsync(CancellationToken cancellationToken) => connector.RunAsync(HostFacts.FreeMemoryMiB, cancellationToken);

    /// <inheritdoc/>
    public Task<HostScan> ListAsync(CancellationToken cancellationToken) => connector.RunAsync(DomainScan.All, cancellationToken);

    /// <inheritdoc/>
    public Task<VmInfo?> GetAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(s => DomainScan.One(s, vm), cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.Lookup(vm);
            var name = LibvirtSession.NameOf(domain);
            s.Ok(Vir.virDomainCreate(domain), $"Cannot start VM {name}");
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task ForceOffAsync(VmId vm, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.Lookup(vm);
            var name = LibvirtSession.NameOf(domain);
            s.Ok(Vir.virDomainDestroy(domain), $"Cannot turn off VM {name}");
        },
        cancellationToken);

    /// <summary>Stores the ownership epoch beside the VM, in its definition and, if it runs, in the running domain; migration carries it along.</summary>
    public Task SetEpochAsync(VmId vm, long epoch, CancellationToken cancellationToken) => connector.RunAsync(
        s =>
        {
            using var domain = s.Lookup(vm);
            var active = DomainState.IsActive(s.State(domain).State);
            var persistent = s.Ok(Vir.virDomainIsPersistent(domain.DangerousGetHandle())) == 1;
            s.Ok(
                Vir.virDomainSetMetadata(
                    domain,
                    VirConst.MetadataElement,
                    $"<vm epoch='{epoch}'/>",
                    DomainDetails.MetadataKey,
                    DomainDetails.MetadataNamespace,
                    (active ? VirConst.AffectLive : 0) | (persistent ? VirConst.AffectConfig : 0)),
                $"Cannot store the epoch of VM {vm}");
            s.Details.Forget(vm);
        },
        cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<DriverEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var session = connector.TryCurrent() ?? await connector.RunAsync(s => s, cancellationToken);
        var channel = Channel.CreateBounded<SessionEvent>(new BoundedChannelOptions(connector.Options.WatchBuffer) { SingleReader = true });
        using var listening = session.Listen(
            e =>
            {
                if (!channel.Writer.TryWrite(e))
                {
                    channel.Writer.TryComplete(WatchEnded("events-lost", "more events came than the watcher read"));
                }
            },
            () => channel.Writer.TryComplete(WatchEnded("connection-lost", "the connection to libvirtd was lost")));

        await foreach (var e in channel.Reader.ReadAllAsync(cancellationToken))
        {
            // The event thread cannot ask the host whether a stopped domain still exists, so it is asked here.
            var gone = e.MayBeGone && await connector.RunAsync(s => IsGone(s, e.Vm), cancellationToken);
            if (e.MayBeGone && !gone)
            {
                _ = LookAgainAsync(e);
            }

            yield return new DriverEvent(e.Vm, gone, e.Cause);
        }

        // libvirt tells of the end of a migrated or transient domain a moment before it forgets the domain, and nothing tells of the forgetting.
        async Task LookAgainAsync(SessionEvent e)
        {
            try
            {
                foreach (var pauseMs in (int[])[20, 100, 500])
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(pauseMs), time, cancellationToken);
                    if (await connector.RunAsync(s => IsGone(s, e.Vm), cancellationToken))
                    {
                        channel.Writer.TryWrite(new SessionEvent(e.Vm, VirConst.EventLifecycle, VirConst.LifecycleUndefined, 0, "gone"));
                        return;
                    }
                }
            }
            catch (Exception error) when (error is HypervisorException or OperationCanceledException or ObjectDisposedException)
            {
                // The watch is over, or ends by itself because the connection is lost.
            }
        }

        HypervisorException WatchEnded(string code, string why) => LibvirtErrors.Own(
            ErrorKind.Transient, code, $"The watch of host {host.Name} ended: {why}.", host.Name, "Watch again and make a full scan.");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        export.Close();
        connector.Dispose();
        return ValueTask.CompletedTask;
    }

    static bool IsGone(LibvirtSession session, VmId vm)
    {
        using var domain = session.TryLookup(vm);
        return domain is null;
    }

    static IReadOnlyList<string> Facets(LibvirtSession session) =>
    [
        .. AllFacets.Where(f => f switch
        {
            "export" => DomainXml.IsLocal(session.Options.Uri),
            "migration-storage" => DomainXml.IsLocal(session.Options.Uri),
            "migration-postcopy" => HostFacts.WhyNoPostCopy(session) is null,
            _ => true,
        }),
    ];
}
