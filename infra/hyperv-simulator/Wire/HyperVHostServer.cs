using System.Net;
using HvPlatform.HyperVSimulator.Control;
using HvPlatform.HyperVSimulator.Repository;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>
/// The WinRM service of one host on its own ports. It can be cut off, as by a loss of power: all connections end at once and nobody listens, until it is started again
/// on the same ports.
/// </summary>
internal sealed class HyperVHostServer : IHttpApplication<HttpContext>, IAsyncDisposable
{
    // Kestrel's HTTPS asks for services that only a web host registers; this one is never started.
    private static readonly Lazy<IServiceProvider> KestrelServices = new(() =>
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        return builder.Build().Services;
    });

    private readonly HyperVServerOptions options;
    private readonly WsManService service;
    private readonly WsManHttp http;
    private KestrelServer? server;
    private int? port;
    private int? securePort;
    private long requests;

    public HyperVHostServer(ICimRepository repository, HyperVServerOptions options, TimeProvider clock)
    {
        this.options = options;
        port = options.Port;
        securePort = options.SecurePort;
        Faults = new WireFaults();
        service = new WsManService(repository, clock, options.WindowsVersion);
        http = new WsManHttp(repository.HostName, service, options, Faults, clock);
    }

    /// <summary>What goes wrong on the wire.</summary>
    public WireFaults Faults { get; }

    /// <summary>Where it listens for HTTP, or null.</summary>
    public Uri? Address => port is > 0 ? new Uri($"http://{Host}:{port}/wsman") : null;

    /// <summary>Where it listens for HTTPS, or null.</summary>
    public Uri? SecureAddress => securePort is > 0 ? new Uri($"https://{Host}:{securePort}/wsman") : null;

    /// <summary>Whether it listens.</summary>
    public bool IsListening => server is not null;

    /// <summary>Requests so far.</summary>
    public long Requests => Interlocked.Read(ref requests);

    private string Host => IPAddress.Any.Equals(options.ListenOn) || IPAddress.IPv6Any.Equals(options.ListenOn) ? "127.0.0.1"
        : options.ListenOn.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{options.ListenOn}]" : options.ListenOn.ToString();

    /// <summary>Listens. <see cref="IOException"/> if a port is taken.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var kestrel = new KestrelServerOptions { ApplicationServices = KestrelServices.Value, AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(5);
        ListenOptions? plain = null;
        ListenOptions? secure = null;
        if (port is { } wanted)
        {
            kestrel.Listen(options.ListenOn, wanted, listen => (plain = listen).Protocols = HttpProtocols.Http1);
        }

        if (securePort is { } wantedSecure)
        {
            kestrel.Listen(options.ListenOn, wantedSecure, listen =>
            {
                secure = listen;
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(new HttpsConnectionAdapterOptions
                {
                    ServerCertificate = options.Certificate ?? throw new InvalidOperationException("HTTPS needs a certificate."),
                    ClientCertificateMode = options.ClientCertificates.Count > 0 ? ClientCertificateMode.AllowCertificate : ClientCertificateMode.NoCertificate,
                    ClientCertificateValidation = (_, _, _) => true,
                });
            });
        }

        var starting = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
        try
        {
            await starting.StartAsync(this, cancellationToken);
        }
        catch
        {
            starting.Dispose();
            throw;
        }

        port = plain?.IPEndPoint?.Port;
        securePort = secure?.IPEndPoint?.Port;
        server = starting;
    }

    /// <summary>Ends all connections at once and stops listening; open enumerations are gone.</summary>
    public async Task CutAsync()
    {
        if (server is { } running)
        {
            server = null;
            await running.StopAsync(new CancellationToken(canceled: true));
            running.Dispose();
        }

        service.ForgetEnumerations();
    }

    /// <summary>As a restart of the Windows Remote Management service: connections end, enumerations are gone, the ports stay.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await CutAsync();
        await StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await CutAsync();

    HttpContext IHttpApplication<HttpContext>.CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    Task IHttpApplication<HttpContext>.ProcessRequestAsync(HttpContext context)
    {
        Interlocked.Increment(ref requests);
        return http.HandleAsync(context);
    }

    void IHttpApplication<HttpContext>.DisposeContext(HttpContext context, Exception? exception)
    {
    }
}
