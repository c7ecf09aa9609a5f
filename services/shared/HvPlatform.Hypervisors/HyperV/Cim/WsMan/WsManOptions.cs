using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>How to authenticate to a host.</summary>
public enum WsManAuthentication
{
    /// <summary>
    /// Over HTTPS Kerberos if a ticket can be had, otherwise NTLM, both bound to the TLS channel. Over HTTP Kerberos and nothing else, and every message is sealed: who blocks
    /// the way to the KDC does not get an NTLM response.
    /// </summary>
    Negotiate,

    /// <summary>Kerberos; over HTTP every message is sealed.</summary>
    Kerberos,

    /// <summary>NTLM inside the Negotiate scheme, for hosts in no domain; over HTTP every message is sealed, but the host does not prove who it is before it has the response.</summary>
    Ntlm,

    /// <summary>User and password as they are, so only over TLS unless <see cref="WsManOptions.AllowUnencrypted"/>.</summary>
    Basic,

    /// <summary>A client certificate that the host maps to an account; only over TLS.</summary>
    Certificate,
}

/// <summary>Where a host is, how to authenticate, and how much it may ask of us.</summary>
public sealed record WsManOptions
{
    /// <summary>The host's end point, such as <c>http://HOST:5985/wsman</c> or <c>https://HOST:5986/wsman</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>How to authenticate.</summary>
    public WsManAuthentication Authentication { get; init; }

    /// <summary>User, password and domain; null for the account the process runs as (Kerberos and Negotiate only). The domain is never part of the user's name.</summary>
    public NetworkCredential? Credential { get; init; }

    /// <summary>The certificate with its key for <see cref="WsManAuthentication.Certificate"/>.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>SHA-256 of the host's certificate in hexadecimal. If given, exactly this certificate is accepted, whoever issued it; otherwise the system must trust it for the host's name.</summary>
    public string? PinnedCertificate { get; init; }

    /// <summary>Lets Basic travel over plain HTTP: user, password and everything else can be read on the way. For test networks.</summary>
    public bool AllowUnencrypted { get; init; }

    /// <summary>The host's service principal; null for <c>HTTP/HOST</c>.</summary>
    public string? ServicePrincipal { get; init; }

    /// <summary>How long a connection may take, TLS included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the host may work on one request. It is told so, and given <see cref="ReplyGrace"/> more to say so.</summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How much longer than <see cref="OperationTimeout"/> an answer is waited for.</summary>
    public TimeSpan ReplyGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an unused connection is kept. Windows closes one after two minutes.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Most connections at once, each with one request at a time.</summary>
    public int MaxConnections { get; init; } = 4;

    /// <summary>Most bytes of an envelope that the host is asked to keep to. Windows' own limit is 500 kB unless changed.</summary>
    public int MaxEnvelopeBytes { get; init; } = 512_000;

    /// <summary>Most bytes of an answer that are read at all.</summary>
    public int MaxAnswerBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Most instances asked for in one answer.</summary>
    public int MaxElements { get; init; } = 2000;

    /// <summary>Most instances of one enumeration.</summary>
    public int MaxInstances { get; init; } = 500_000;

    /// <summary>Most bytes of all answers of one enumeration together.</summary>
    public long MaxEnumerationBytes { get; init; } = 128 * 1024 * 1024;

    /// <summary>How often a request is repeated that failed for a passing reason and may safely be repeated.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>How long to wait before the first repetition; doubled for each further one.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal bool IsSecure => Address.Scheme == Uri.UriSchemeHttps;

    /// <summary>Throws <see cref="ArgumentException"/> for options that cannot work or would give credentials away.</summary>
    public void Validate()
    {
        // The address may hold a password where it should not: no message repeats it.
        Require(Address.IsAbsoluteUri && (Address.Scheme == Uri.UriSchemeHttp || IsSecure), "The address is not one of http or https, such as https://HOST:5986/wsman.");
        Require(Address.UserInfo.Length == 0, $"The address of {Address.Host} holds a user or a password, which would be shown wherever the address is. Leave them out of it, and give the user and the password by themselves.");
        Require(Authentication is not WsManAuthentication.Basic || IsSecure || AllowUnencrypted, "Basic sends the password as it is: use https, or another authentication.");
        Require(Authentication is not (WsManAuthentication.Basic or WsManAuthentication.Ntlm) || Credential is { UserName.Length: > 0 }, $"{Authentication} needs a user and a password.");
        Require(Authentication is not WsManAuthentication.Certificate || (IsSecure && ClientCertificate is { HasPrivateKey: true }), "A client certificate needs https, and its private key.");
        Require(PinnedCertificate is null || (IsSecure && PinnedCertificate.Length == 64 && PinnedCertificate.All(char.IsAsciiHexDigit)), "The pinned certificate is given as the 64 hexadecimal digits of its SHA-256, and needs https.");
        Require(MaxConnections > 0 && MaxElements > 0 && MaxInstances > 0 && MaxEnumerationBytes > 0 && Retries >= 0 && MaxEnvelopeBytes >= 8192 && MaxAnswerBytes >= MaxEnvelopeBytes, "A limit is not positive, or the answer's limit is below the envelope's.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message);
        }
    }
}
