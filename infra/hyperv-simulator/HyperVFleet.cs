using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HvPlatform.HyperVSimulator.Control;
using HvPlatform.HyperVSimulator.Model;
using HvPlatform.HyperVSimulator.Model.Migration;
using HvPlatform.HyperVSimulator.Wire;

namespace HvPlatform.HyperVSimulator;

/// <summary>
/// Simulated Hyper-V hosts that listen on ports of this machine and know each other: for tests, the demo and the benchmark in this process, and for the program <c>hvsim</c>.
/// </summary>
public sealed class HyperVFleet : IAsyncDisposable
{
    private readonly List<HyperVFleetHost> hosts = [];

    private ControlEndpoint? control;

    private HyperVFleet(TimeProvider clock) => Network = new SimulatedFleet(clock);

    /// <summary>What connects the hosts: by it virtual machines go from one to another and all see the same file shares. A test cuts it between two of them.</summary>
    public SimulatedFleet Network { get; }

    /// <summary>The hosts, in the order of their names.</summary>
    public IReadOnlyList<HyperVFleetHost> Hosts => hosts;

    /// <summary>The certificate of the hosts' HTTPS, for clients that pin it; null without HTTPS.</summary>
    public X509Certificate2? Certificate { get; private set; }

    /// <summary>Where the control endpoint listens; null if there is none.</summary>
    public Uri? ControlAddress => control?.Address;

    /// <summary>A host by its name. <see cref="KeyNotFoundException"/> if there is none.</summary>
    public HyperVFleetHost this[string name] =>
        hosts.Find(host => host.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? throw new KeyNotFoundException($"The fleet has no host {name}.");

    /// <summary>Makes the hosts and lets them listen. <see cref="IOException"/> if one cannot listen; <see cref="ArgumentException"/> if the options make no sense.</summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="cancellationToken">Ends the start: nothing of the fleet is left.</param>
    /// <param name="progress">Gets how many virtual machines are made so far, on the caller's thread.</param>
    public static async Task<HyperVFleet> StartAsync(HyperVFleetOptions options, CancellationToken cancellationToken = default, IProgress<int>? progress = null)
    {
        if (options.Hosts is < 1 or > 10_000)
        {
            throw new ArgumentException($"A fleet has 1 to 10000 hosts, not {options.Hosts}.", nameof(options));
        }

        if (options.Vms is < 0 or > HyperVFleetOptions.MostVms)
        {
            throw new ArgumentException($"A fleet has 0 to {HyperVFleetOptions.MostVms} virtual machines, not {options.Vms}.", nameof(options));
        }

        var fleet = new HyperVFleet(options.Clock);
        try
        {
            var digits = options.Hosts.ToString(CultureInfo.InvariantCulture).Length;
            var names = Enumerable.Range(1, options.Hosts).Select(number => "HV" + number.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0')).ToList();
            fleet.Certificate = options.Https ? MakeCertificate(names, options) : null;
            for (var index = 0; index < names.Count; index++)
            {
                var model = fleet.Network.Add(SimulatedHyperVHost.Create(names[index], HostOptions(options, VmsOf(options, index)), options.Clock));
                if (options.Vms > 0)
                {
                    FleetContents.Fill(model, FirstVmOf(options, index), VmsOf(options, index), options.Seed, progress, cancellationToken);
                }

                var listening = ServerOptions(options, index, fleet.Certificate);
                var server = new HyperVHostServer(model.Catalogue, listening, options.Clock);
                fleet.hosts.Add(new HyperVFleetHost(model, server));
                await ListenAsync(
                    () => server.StartAsync(cancellationToken),
                    $"{names[index]} cannot listen on {options.ListenOn} (--listen), port {listening.Port} (--port){(listening.SecurePort is { } secure ? $" and {secure} (--https-port)" : string.Empty)}");
            }

            if (options.ControlPort is { } port)
            {
                await ListenAsync(
                    async () => fleet.control = await ControlEndpoint.StartAsync(fleet, port, cancellationToken),
                    $"The control endpoint cannot listen on {IPAddress.Loopback}, port {port} (--control-port)");
            }

            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (control is not null)
        {
            await control.DisposeAsync();
        }

        foreach (var host in hosts)
        {
            await host.StopAsync();
        }

        Certificate?.Dispose();
    }

    private static async Task ListenAsync(Func<Task> listen, string what)
    {
        try
        {
            await listen();
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            var cause = error;
            while (cause is not (null or SocketException))
            {
                cause = cause.InnerException;
            }

            var why = (cause as SocketException)?.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "the port is taken. Choose another, or 0 for any.",
                SocketError.AddressNotAvailable => "this machine does not have that address.",
                SocketError.AccessDenied => "this user may not; use a port above 1023.",
                _ => (cause ?? error).Message,
            };
            throw new IOException($"{what}: {why}", error);
        }
    }

    private static int FirstVmOf(HyperVFleetOptions options, int index) => 1 + (int)((long)options.Vms * index / options.Hosts);

    private static int VmsOf(HyperVFleetOptions options, int index) => FirstVmOf(options, index + 1) - FirstVmOf(options, index);

    /// <summary>A host has room for what is put on it, and as much again for what may come.</summary>
    private static SimulatedHostOptions HostOptions(HyperVFleetOptions options, int vms) =>
        options.Host with { Seed = options.Seed, MemoryMb = Math.Max(options.Host.MemoryMb, 2 * vms * FleetContents.MostMemoryMb) };

    private static HyperVServerOptions ServerOptions(HyperVFleetOptions options, int index, X509Certificate2? certificate) => new()
    {
        ListenOn = options.ListenOn,
        Port = options.Port == 0 ? 0 : options.Port + index,
        SecurePort = !options.Https ? null : options.SecurePort == 0 ? 0 : options.SecurePort + index,
        Certificate = certificate,
        Users = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [options.User] = options.Password },
        ClientCertificates = options.ClientCertificates,
        Basic = options.Basic,
        Ntlm = options.Ntlm,
        AllowUnencrypted = options.AllowUnencrypted,
        WindowsVersion = options.Host.WindowsVersion,
    };

    private static X509Certificate2 MakeCertificate(IEnumerable<string> names, HyperVFleetOptions options)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=hvsim", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        alternatives.AddDnsName("localhost");
        alternatives.AddIpAddress(IPAddress.Loopback);
        alternatives.AddIpAddress(IPAddress.IPv6Loopback);
        foreach (var name in names)
        {
            alternatives.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        var now = options.Clock.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
