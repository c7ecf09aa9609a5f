using System.Net;
using System.Net.Security;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>
/// A connection authenticated by Kerberos or NTLM. Over HTTP every message is sealed, and an answer that is not is not believed,
/// whatever its status says; over HTTPS the authentication is bound to the
/// TLS channel, so that it cannot be relayed.
/// </summary>
internal sealed class NegotiateChannel(WsManOptions options) : IWsManChannel
{
    // Kerberos takes one round, NTLM two, SPNEGO one more.
    private const int MaxRounds = 5;

    private readonly HttpConnection connection = new(options);
    private NegotiateAuthentication? context;
    private string protocol = Sealing.Spnego;
    private bool broken;

    /// <inheritdoc/>
    public bool IsUsable => !broken && connection.IsUsable;

    /// <inheritdoc/>
    public bool WasSent { get; private set; }

    /// <inheritdoc/>
    public string? AuthenticatedBy => context?.Package;

    private bool MustSeal => !options.IsSecure;

    /// <inheritdoc/>
    public async Task<WsManAnswer> PostAsync(ReadOnlyMemory<byte> envelope, CancellationToken cancellationToken)
    {
        WasSent = false;
        var wasBroken = broken;
        broken = true;
        if (wasBroken)
        {
            throw new CimException(CimErrorKind.Unreachable, $"The authenticated connection to {options.Address} is gone.");
        }

        if (context is null)
        {
            await AuthenticateAsync(cancellationToken);
        }

        var body = MustSeal ? Sealing.Seal(context!, protocol, envelope.Span) : envelope;
        HttpAnswer answer;
        try
        {
            answer = await connection.PostAsync(body, MustSeal ? Sealing.ContentType(protocol) : WsManHttp.ContentType, null, cancellationToken);
        }
        finally
        {
            WasSent = connection.WasSent;
        }

        try
        {
            // The status is not sealed: anybody on the way can have written it.
            var (plain, contentType) = MustSeal ? Sealing.Open(context!, answer, options) : (answer.Body, answer.ContentType);
            if (!MustSeal)
            {
                WsManHttp.Judge(answer, options);
            }

            var opened = new WsManAnswer(plain, WsManHttp.EncodingOf(contentType, options));
            broken = false;
            return opened;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    private async Task AuthenticateAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (options.IsSecure)
            {
                // The channel binding is known only when TLS stands.
                using var unauthenticated = await connection.PostAsync(ReadOnlyMemory<byte>.Empty, WsManHttp.ContentType, null, cancellationToken);
            }

            context = await RoundsAsync(cancellationToken);
        }
        catch (CimException error) when (error.Kind is CimErrorKind.ReplyLost)
        {
            throw new CimException(CimErrorKind.Unreachable, $"The connection to {options.Address} broke while it was being authenticated: {error.Message}", inner: error);
        }
    }

    private async Task<NegotiateAuthentication> RoundsAsync(CancellationToken cancellationToken)
    {
        var (authentication, scheme, first) = Begin();
        try
        {
            byte[]? outgoing = first;
            for (var round = 0; round < MaxRounds; round++)
            {
                using var answer = await connection.PostAsync(ReadOnlyMemory<byte>.Empty, WsManHttp.ContentType, $"{scheme} {Convert.ToBase64String(outgoing!)}", cancellationToken);
                var incoming = answer.Token(scheme);
                var accepted = answer.Status is >= 200 and < 300;
                if (authentication.IsAuthenticated && (incoming is null || incoming.Length == 0))
                {
                    return accepted ? authentication : throw Refused(answer);
                }

                if (incoming is null)
                {
                    throw Refused(answer);
                }

                outgoing = authentication.GetOutgoingBlob(incoming, out var status);
                if (status is not (NegotiateAuthenticationStatusCode.Completed or NegotiateAuthenticationStatusCode.ContinueNeeded))
                {
                    throw new CimException(CimErrorKind.Authentication, $"{options.Address}: the host's part of {options.Authentication} is wrong ({status}).");
                }

                if (accepted && status is NegotiateAuthenticationStatusCode.Completed)
                {
                    return authentication;
                }

                if (outgoing is null)
                {
                    throw Refused(answer);
                }
            }

            throw new CimException(CimErrorKind.Authentication, $"{options.Address}: {options.Authentication} did not end after {MaxRounds} rounds.");
        }
        catch
        {
            authentication.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Takes Kerberos if a ticket can be had, else NTLM, as far as the options allow. Over HTTP NTLM has to be asked for by its name: whoever keeps the KDC from answering could
    /// otherwise have the password's NTLM response, to guess the password from or to relay.
    /// </summary>
    private (NegotiateAuthentication Authentication, string Scheme, byte[] Token) Begin()
    {
        string[] packages = options.Authentication switch
        {
            WsManAuthentication.Kerberos => ["Kerberos"],
            WsManAuthentication.Ntlm => ["NTLM"],
            _ when MustSeal => ["Kerberos"],
            _ when OperatingSystem.IsWindows() => ["Negotiate"],
            _ when options.Credential is { UserName.Length: > 0 } => ["Kerberos", "NTLM"],
            _ => ["Kerberos"],
        };
        var failures = new List<string>();
        foreach (var package in packages)
        {
            var authentication = new NegotiateAuthentication(new NegotiateAuthenticationClientOptions
            {
                Package = package,
                Credential = options.Credential ?? CredentialCache.DefaultNetworkCredentials,
                TargetName = options.ServicePrincipal ?? "HTTP/" + options.Address.Host,
                RequiredProtectionLevel = MustSeal ? ProtectionLevel.EncryptAndSign : ProtectionLevel.Sign,
                Binding = connection.Binding,
                RequireMutualAuthentication = package == "Kerberos",
            });
            var token = authentication.GetOutgoingBlob([], out var status);
            if (token is not null && status is NegotiateAuthenticationStatusCode.ContinueNeeded or NegotiateAuthenticationStatusCode.Completed)
            {
                var scheme = package == "Kerberos" ? "Kerberos" : "Negotiate";
                protocol = package == "Kerberos" ? Sealing.Kerberos : Sealing.Spnego;
                return (authentication, scheme, token!);
            }

            failures.Add($"{package}: {status}");
            authentication.Dispose();
        }

        var ntlm = MustSeal && options.Authentication is WsManAuthentication.Negotiate ? " Over http, Negotiate means Kerberos: use https, or ask for Ntlm by its name." : string.Empty;
        throw new CimException(CimErrorKind.Authentication, $"{options.Address}: there are no credentials to begin {options.Authentication} with ({string.Join("; ", failures)}). Kerberos needs a ticket or a password, and the host's service principal.{ntlm}");
    }

    private CimException Refused(HttpAnswer answer)
    {
        var offered = answer.Challenges.Count == 0 ? "nothing" : string.Join(", ", answer.Challenges.Select(one => one.Split(' ')[0]).Distinct());
        return answer.Status is 401
            ? new CimException(CimErrorKind.Authentication, $"{options.Address} does not accept the credentials for {options.Authentication} (HTTP 401); it offers {offered}.", 401)
            : new CimException(CimErrorKind.Authentication, $"{options.Address} did not go through {options.Authentication}: it answered HTTP {answer.Status} and offers {offered}.", (uint)answer.Status);
    }

    public void Dispose()
    {
        context?.Dispose();
        connection.Dispose();
    }
}
