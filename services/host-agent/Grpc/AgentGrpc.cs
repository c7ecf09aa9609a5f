using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HvPlatform.Contracts;
using HvPlatform.HostAgent.Hosts;
using HvPlatform.Hypervisors;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Grpc;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.HostAgent.Grpc;

/// <summary>The gRPC servers of this process's agents, one per host.</summary>
sealed class AgentGrpc(TimeProvider time, ILoggerFactory loggers)
{
    readonly ConcurrentDictionary<HostId, GrpcListener> _listeners = new();
    readonly ConcurrentBag<HttpClient> _clients = [];
    readonly ILogger _logger = loggers.CreateLogger("HvPlatform.HostAgent.Grpc");

    /// <summary>Where a host's agent listens.</summary>
    public Uri UrlOf(HostId host) => _listeners[host].Url;

    /// <summary>The settings, checked; null if gRPC is off.</summary>
    /// <param name="where">Where they are from.</param>
    /// <param name="options">As they were given.</param>
    /// <param name="identity">Of an agent that has joined: its certificate, and the platform's address, are what counts where the settings say nothing.</param>
    public static GrpcListening? Read(string where, AgentGrpcOptions options, AgentIdentity? identity)
    {
        if (options.Url is null)
        {
            return null;
        }

        var files = new[] { options.CertificateFile, options.KeyFile, options.AuthorityFile };
        var tls = files.All(f => f is not null) ? GrpcTls.FromFiles(where, options.CertificateFile!, options.KeyFile!, options.AuthorityFile!)
            : identity is null ? null
            : new GrpcTls(() => identity.Certificate, caller => identity.WhyRefused(caller, PlatformCertificate.Service) is null);
        var url = Uri.TryCreate(options.Url, UriKind.Absolute, out var parsed) ? parsed : throw Wrong("Url", $"'{options.Url}' is no URL.");
        if (GrpcListener.WhyNot(url, tls is not null) is { } reason)
        {
            throw Wrong("Url", reason);
        }

        Uri? api = null;
        var address = options.Api ?? identity?.Facts.Platform.ToString();
        if (address is not null && !(Uri.TryCreate(address, UriKind.Absolute, out api) && (api.Scheme == "https" || (api.Scheme == "http" && api.IsLoopback))))
        {
            throw Wrong("Api", $"'{address}' is neither https:// nor http:// on loopback; callers' tokens go there.");
        }

        return new GrpcListening(url, tls, api, options.ApiAuthorityFile is { } file ? Authorities($"{where}:ApiAuthorityFile", file) : null);

        HvStartupException Wrong(string name, string why) => new(
            "gRPC cannot be offered", $"{where}:{name}", why, "Use http://127.0.0.1:PORT, or https://ADDRESS:PORT once the agent has joined, or with CertificateFile, KeyFile and AuthorityFile.");
    }

    /// <summary>Listens for one host.</summary>
    /// <param name="settings">Where and how.</param>
    /// <param name="index">Which host of the entry, from 0.</param>
    /// <param name="agent">The host's agent.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task StartAsync(GrpcListening settings, int index, Hosts.HostAgent agent, CancellationToken cancellationToken)
    {
        var url = settings.Url.Port == 0 ? settings.Url : new UriBuilder(settings.Url) { Port = settings.Url.Port + index }.Uri;
        var client = settings.Client();
        _clients.Add(client);
        var node = new NodeDaemon(agent, new PlatformClient(client, time), time);
        _listeners[agent.Host.Id] = await GrpcListener.StartAsync(
            url,
            settings.Tls,
            routes => node.Map(new GrpcEndpoints(routes, time, _logger, e => e is HypervisorException h ? h.Error with { Where = h.Error.Where ?? agent.Host.Name } : null)),
            loggers,
            cancellationToken);
        Log.GrpcServed(_logger, agent.Host.Name, UrlOf(agent.Host.Id));
    }

    public async Task StopAsync()
    {
        await Parallel.ForEachAsync(_listeners.Values, async (listener, _) => await listener.DisposeAsync());
        _listeners.Clear();
        while (_clients.TryTake(out var client))
        {
            client.Dispose();
        }
    }

    static X509Certificate2Collection Authorities(string where, string file)
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            return authorities;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new HvStartupException("gRPC cannot be offered", where, e.Message, "Give a PEM file that this process may read.", e);
        }
    }
}

/// <summary>Where and how agents of one entry listen, and where the platform's API is.</summary>
sealed record GrpcListening(Uri Url, GrpcTls? Tls, Uri? Api, X509Certificate2Collection? ApiAuthorities)
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>A client of the API.</summary>
    public HttpClient Client()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        if (ApiAuthorities is { } authorities)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);

            // An agent's certificate has a host name too: it is never the API's.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                errors == SslPolicyErrors.None && certificate is X509Certificate2 shown && PlatformCertificate.UnitOf(shown) != PlatformCertificate.Agent;
        }

        return new HttpClient(handler) { BaseAddress = Api is null ? null : new Uri($"{Api.AbsoluteUri.TrimEnd('/')}/"), Timeout = s_patience };
    }
}
