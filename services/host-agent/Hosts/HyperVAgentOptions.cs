using System.Net;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;
using HvPlatform.ServiceKit;

namespace HvPlatform.HostAgent.Hosts;

/// <summary>How an agent signs in to a Hyper-V host over WS-Management.</summary>
sealed record HyperVAgentOptions
{
    /// <summary><c>Negotiate</c> (Kerberos; over HTTPS also NTLM), <c>Kerberos</c>, <c>Ntlm</c>, <c>Basic</c> or <c>Certificate</c>.</summary>
    public WsManAuthentication Authentication { get; init; } = WsManAuthentication.Negotiate;

    /// <summary>The account: <c>user</c>, <c>DOMAIN\user</c> or <c>user@domain</c>; null for the process's own.</summary>
    public string? User { get; init; }

    /// <summary>Its password; better kept in <see cref="PasswordFile"/>.</summary>
    public string? Password { get; init; }

    /// <summary>A file whose first line is the password.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>A PKCS#12 file with the client's certificate and key, for <c>Certificate</c>; <see cref="Password"/> opens it.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>SHA-256 of the one server certificate to accept, in hexadecimal.</summary>
    public string? PinnedCertificate { get; init; }

    /// <summary>Basic over plain HTTP, readable by anyone on the way: for tests on loopback.</summary>
    public bool AllowUnencrypted { get; init; }

    /// <summary>Connections, and so requests at a time.</summary>
    public int MaxConnections { get; init; } = 4;

    /// <summary>Seconds between two looks for changes.</summary>
    public double PollSeconds { get; init; } = 2;

    /// <summary>What the transport needs. Throws <see cref="HvStartupException"/> for what cannot be used.</summary>
    public static WsManOptions ToWsMan(string where, string uri, HyperVAgentOptions options)
    {
        if (!Uri.TryCreate(uri, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new HvStartupException("A setting cannot be used", $"{where}:Uri", $"'{(uri.Contains('@', StringComparison.Ordinal) ? "…" : uri)}' is not the address of a WinRM service.", "Give one like https://hv1.example:5986/wsman.");
        }

        if (address.UserInfo.Length > 0)
        {
            throw new HvStartupException(
                "A setting cannot be used", $"{where}:Uri", $"The address of {address.Host} holds a user or a password.", "Leave them out of it; give the user by HyperV:User and the password by HyperV:PasswordFile.");
        }

        if (options.PollSeconds is not (> 0 and <= 3600))
        {
            throw new HvStartupException("A setting cannot be used", $"{where}:HyperV:PollSeconds", $"{options.PollSeconds} is not above 0 and at most 3600.", "Correct or remove it.");
        }

        try
        {
            var password = options.PasswordFile is { } file ? File.ReadLines(file).FirstOrDefault() : options.Password;
            return new WsManOptions
            {
                Address = address.AbsolutePath == "/" ? new Uri(address, "/wsman") : address,
                Authentication = options.Authentication,
                Credential = options.User is null ? null : Credential(options.User, password),
                ClientCertificate = options.ClientCertificate is { } pfx ? System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadPkcs12FromFile(pfx, password) : null,
                PinnedCertificate = options.PinnedCertificate,
                AllowUnencrypted = options.AllowUnencrypted,
                MaxConnections = options.MaxConnections,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new HvStartupException("A file with credentials cannot be read", $"{where}:HyperV", e.Message, "Correct the path, or let the agent's account read it.", e);
        }
    }

    static NetworkCredential Credential(string user, string? password) => user.IndexOf('\\', StringComparison.Ordinal) is > 0 and var at
        ? new NetworkCredential(user[(at + 1)..], password, user[..at])
        : new NetworkCredential(user, password);
}
