using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>How to reach a host's WinRM service.</summary>
public sealed record WsManOptions
{
    /// <summary>For example <c>https://hv1.example:5986/wsman</c>, or <c>http://hv1.example:5985/wsman</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>How to authenticate.</summary>
    public WsManAuthentication Authentication { get; init; } = WsManAuthentication.Negotiate;

    /// <summary>User, password and domain; null for the process's own account (Kerberos ticket, Windows account).</summary>
    public NetworkCredential? Credential { get; init; }

    /// <summary>For <see cref="WsManAuthentication.Certificate"/>: with its private key.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>SHA-256 of the one server certificate to accept, in hexadecimal; null to trust what the machine trusts.</summary>
    public string? PinnedCertificate { get; init; }

    /// <summary>Basic over plain HTTP shows the password and all traffic to the network: refused unless set. For tests and loopback.</summary>
    public bool AllowUnencrypted { get; init; }

    /// <summary>The service principal, for example <c>HTTP/hv1.example</c>; null for HTTP/ and the address's host.</summary>
    public string? ServicePrincipal { get; init; }

    /// <summary>The largest envelope the host is to send, bytes. Windows' default limit is 512000.</summary>
    public int MaxEnvelopeBytes { get; init; } = 512_000;

    /// <summary>The largest answer that is read at all, bytes; more is refused whatever the host was asked for.</summary>
    public int MaxAnswerBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Connections, and so requests at a time. Windows allows 15 concurrent operations per user by default.</summary>
    public int MaxConnections { get; init; } = 4;

    /// <summary>How long the host may take over one request.</summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a request that is safe to repeat is tried again when its failure is transient.</summary>
    public int Retries { get; init; } = 2;
}

/// <summary>How to authenticate to WinRM.</summary>
public enum WsManAuthentication
{
    /// <summary>Kerberos if there is a ticket or it can be got, else NTLM; messages are encrypted over HTTP.</summary>
    Negotiate,

    /// <summary>Kerberos only.</summary>
    Kerberos,

    /// <summary>NTLM only.</summary>
    Ntlm,

    /// <summary>User and password of a local account, in clear: over TLS only, unless <see cref="WsManOptions.AllowUnencrypted"/>.</summary>
    Basic,

    /// <summary>A client certificate over TLS, mapped to a local account on the host.</summary>
    Certificate,
}
