using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>How a simulated host listens and whom it lets in.</summary>
public sealed record HyperVServerOptions
{
    /// <summary>The address to listen on.</summary>
    public IPAddress ListenOn { get; init; } = IPAddress.Loopback;

    /// <summary>The port for HTTP; 0: the system chooses; null: no HTTP.</summary>
    public int? Port { get; init; } = 0;

    /// <summary>The port for HTTPS; 0: the system chooses; null: no HTTPS.</summary>
    public int? SecurePort { get; init; }

    /// <summary>The certificate for HTTPS, with its private key.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Passwords by user name.</summary>
    public required IReadOnlyDictionary<string, string> Users { get; init; }

    /// <summary>Client certificates that are accepted over HTTPS: user by SHA-256 thumbprint in hexadecimal.</summary>
    public IReadOnlyDictionary<string, string> ClientCertificates { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether Basic is offered: over HTTPS, and over HTTP with <see cref="AllowUnencrypted"/>.</summary>
    public bool Basic { get; init; } = true;

    /// <summary>Whether Negotiate with NTLM is offered.</summary>
    public bool Ntlm { get; init; } = true;

    /// <summary>Whether messages over HTTP may be in clear. A real host says no by default.</summary>
    public bool AllowUnencrypted { get; init; } = true;

    /// <summary>The build of Windows that Identify names.</summary>
    public string WindowsVersion { get; init; } = "10.0.20348";
}
