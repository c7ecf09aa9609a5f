using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HvPlatform.ApiClient;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.HostAgent.Joining;

/// <summary><c>host-agent join</c>: makes this machine's agent known to a platform, once. Afterwards <c>host-agent</c> needs no broker's address and no password.</summary>
static class JoinCommand
{
    public const string Usage =
        "Usage: host-agent join --url URL --token TOKEN|- [--ca-fingerprint SHA256] [--host-name NAME] [--identity DIR] [--replace] [--allow-unencrypted]";

    static readonly string[] s_values = ["--url", "--token", "--ca-fingerprint", "--host-name", "--identity"];
    static readonly string[] s_switches = ["--replace", "--allow-unencrypted"];

    /// <summary>Joins; the token is read from <paramref name="input"/> if it is given as <c>-</c>.</summary>
    /// <exception cref="HvStartupException">It cannot, in words for a person.</exception>
    public static async Task RunAsync(IReadOnlyList<string> args, TextReader input, TextWriter output, TimeProvider time, CancellationToken cancellationToken)
    {
        var options = Parse(args);
        var platform = PlatformOf(options);
        var token = options.GetValueOrDefault("--token") is { } given ? (given == "-" ? (await input.ReadLineAsync(cancellationToken))?.Trim() : given) : null;
        if (string.IsNullOrEmpty(token))
        {
            throw Wrong("--token", "it is missing; a join token is made with POST /v1/join-tokens.");
        }

        var directory = options.GetValueOrDefault("--identity") ?? JoinedAgent.DefaultDirectory;
        if (AgentIdentity.Exists(directory) && !options.ContainsKey("--replace"))
        {
            throw new HvStartupException("This agent has joined already", directory, "joining again makes it a new agent.",
                "Revoke the old one (DELETE /v1/agents/{id}) and give --replace; or name another directory with --identity.");
        }

        using var api = new PlatformApi(platform, time);
        using var key = new FreshKey();
        try
        {
            var hostName = options.GetValueOrDefault("--host-name") ?? Dns.GetHostName();
            var joined = await api.JoinAsync(token, hostName, key.SigningRequest, cancellationToken);
            var brokerUrl = joined.Broker is { } named ? new Uri(named) : null;
            CheckCa(joined, options.GetValueOrDefault("--ca-fingerprint"), time);
            AgentIdentity.Save(directory, new AgentFacts { AgentId = new(joined.AgentId), Platform = platform, Broker = brokerUrl }, key.With(joined.Certificate), joined.CaCertificate);
            await output.WriteLineAsync($"Joined {platform} as agent {joined.AgentId} ({hostName}). The certificate is valid until {joined.CertificateExpiresAt.UtcDateTime:u} and is renewed by itself.");
            await output.WriteLineAsync(brokerUrl is { } broker
                ? $"Key and certificate are in {directory}. The agent will connect to {broker.Scheme}://{broker.Authority}; start it without --bus."
                : $"Key and certificate are in {directory}. The platform names no broker that agents reach (Orchestrator:Broker:AgentUrl).");
        }
        catch (PlatformRefusedException e)
        {
            throw new HvStartupException("The platform refused the join", platform.ToString(), e.Detail, e.Advice, e);
        }
        catch (HttpRequestException e)
        {
            throw new HvStartupException("The platform cannot be reached", platform.ToString(), $"{Deepest(e)}.",
                "Check the address, and that this machine trusts the API's certificate. The token is still good unless the platform's log says that an agent joined.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HvStartupException("The agent's identity cannot be kept", directory, $"{e.Message.TrimEnd('.')}.",
                "Mend that, revoke the agent that joined just now, and join with a new token.", e);
        }
        catch (CryptographicException e)
        {
            throw new HvStartupException("The platform's answer is not to be trusted", platform.ToString(), $"{e.Message.TrimEnd('.')}.",
                "Compare --ca-fingerprint with what POST /v1/join-tokens answered. Nothing was kept; revoke the agent if one joined.", e);
        }
    }

    static Dictionary<string, string> Parse(IReadOnlyList<string> args)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Count; i++)
        {
            var parts = args[i].Split('=', 2);
            if (s_switches.Contains(args[i]))
            {
                options[args[i]] = "";
            }
            else if (!s_values.Contains(parts[0]))
            {
                throw Wrong(args[i], "it is not known.");
            }
            else if (parts.Length == 2)
            {
                options[parts[0]] = parts[1];
            }
            else if (++i < args.Count)
            {
                options[parts[0]] = args[i];
            }
            else
            {
                throw Wrong(parts[0], "its value is missing.");
            }
        }

        return options;
    }

    static Uri PlatformOf(Dictionary<string, string> options)
    {
        if (!Uri.TryCreate(options.GetValueOrDefault("--url"), UriKind.Absolute, out var platform) || (platform.Scheme != Uri.UriSchemeHttp && platform.Scheme != Uri.UriSchemeHttps))
        {
            throw Wrong("--url", "it has to be the http:// or https:// address of the platform's API.");
        }

        if (platform.Scheme == Uri.UriSchemeHttp && !platform.IsLoopback)
        {
            if (!options.ContainsKey("--allow-unencrypted"))
            {
                throw Wrong("--url", "over http:// whoever listens on the network can use the token before this machine does. Use https://, or give --allow-unencrypted on a network that you trust.");
            }

            if (!options.ContainsKey("--ca-fingerprint"))
            {
                throw Wrong("--ca-fingerprint", "over http:// only the CA's fingerprint tells this platform from another that answers in its place.");
            }
        }

        return platform;
    }

    /// <summary>The CA has to be the one that was told beside the token, and the certificate really its.</summary>
    static void CheckCa(JoinedAgentView joined, string? fingerprint, TimeProvider time)
    {
        using var ca = X509Certificate2.CreateFromPem(joined.CaCertificate);
        if (fingerprint is not null && !string.Equals(fingerprint.Replace(":", "", StringComparison.Ordinal), PlatformCertificate.Fingerprint(ca), StringComparison.OrdinalIgnoreCase))
        {
            throw new CryptographicException($"The CA's fingerprint is {PlatformCertificate.Fingerprint(ca)}, not {fingerprint}");
        }

        using var certificate = X509Certificate2.CreateFromPem(joined.Certificate);
        if (PlatformCertificate.WhyRefused(certificate, ca, null, PlatformCertificate.Agent, time.GetUtcNow()) is { } why)
        {
            throw new CryptographicException($"The certificate that came back cannot be used: {why} If the clocks of this machine and of the platform differ, set them");
        }
    }

    static string Deepest(Exception e) => (e.GetBaseException() == e ? e.Message : $"{e.Message.TrimEnd('.')}: {e.GetBaseException().Message}").TrimEnd('.');

    static HvStartupException Wrong(string what, string why) => new("The command line cannot be used", what, why, Usage);
}
