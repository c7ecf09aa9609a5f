using System.Globalization;
using System.Net;
using System.Security.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HvPlatform.ServiceKit.Grpc;

/// <summary>An HTTP/2 server of its own beside the process's REST endpoints: on loopback in the clear, anywhere else with TLS and certificates on both sides.</summary>
public sealed class GrpcListener : IAsyncDisposable
{
    static readonly TimeSpan s_keepAliveDelay = TimeSpan.FromSeconds(30);
    static readonly TimeSpan s_keepAliveTimeout = TimeSpan.FromSeconds(20);
    static readonly TimeSpan s_stop = TimeSpan.FromSeconds(2);

    readonly WebApplication _app;

    GrpcListener(WebApplication app) => _app = app;

    /// <summary>Where it listens, with the port it has got.</summary>
    public Uri Url => new(_app.Urls.First());

    /// <summary>Listens.</summary>
    /// <param name="url"><c>http://127.0.0.1:PORT</c> or <c>https://ADDRESS:PORT</c>; port 0 for a free one.</param>
    /// <param name="tls">Certificates; needed for <c>https</c>.</param>
    /// <param name="map">Adds the methods.</param>
    /// <param name="loggers">The process's log.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HvStartupException">It cannot listen there.</exception>
    public static async Task<GrpcListener> StartAsync(Uri url, GrpcTls? tls, Action<IEndpointRouteBuilder> map, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.Http2.KeepAlivePingDelay = s_keepAliveDelay;
            kestrel.Limits.Http2.KeepAlivePingTimeout = s_keepAliveTimeout;
            kestrel.Listen(new IPEndPoint(Address(url), url.Port), listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (url.Scheme == Uri.UriSchemeHttps)
                {
                    listen.UseHttps(Options(tls!));
                }
            });
        });
        var app = builder.Build();
        map(app);
        try
        {
            await app.StartAsync(cancellationToken);
            return new GrpcListener(app);
        }
        catch (IOException e)
        {
            await app.DisposeAsync();
            throw new HvStartupException("gRPC cannot listen", url.ToString(), e.Message, "Choose an address that is free.", e);
        }
    }

    /// <summary>Null if the address is one to listen on; else why not.</summary>
    public static string? WhyNot(Uri url, bool hasTls)
    {
        if (url.Scheme is not ("http" or "https") || url.PathAndQuery != "/")
        {
            return "it is not http://ADDRESS:PORT or https://ADDRESS:PORT.";
        }

        if (url.Host != "localhost" && !IPAddress.TryParse(url.Host.Trim('[', ']'), out _))
        {
            return string.Create(CultureInfo.InvariantCulture, $"'{url.Host}' is no IP address of this machine and not 'localhost'.");
        }

        return url.Scheme == "http"
            ? IPAddress.IsLoopback(Address(url)) ? null : "without TLS it may only be a loopback address."
            : hasTls ? null : "https needs certificates.";
    }

    /// <summary>Ends calls that run: streams at once.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(s_stop);
        await _app.StopAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync();
    }

    static IPAddress Address(Uri url) => url.Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(url.Host.Trim('[', ']'));

    static HttpsConnectionAdapterOptions Options(GrpcTls tls) => new()
    {
        ServerCertificateSelector = (_, _) => tls.Certificate(),
        ClientCertificateMode = ClientCertificateMode.RequireCertificate,
        ClientCertificateValidation = (certificate, _, _) => tls.IsTrusted(certificate),
        SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
    };
}
