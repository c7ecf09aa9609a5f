using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HvPlatform.Hypervisors.HyperV.Cim.WsMan;
using HvPlatform.HyperVSimulator.Wire;

namespace HvPlatform.HyperVTests.Cim.WsMan;

/// <summary>A host that speaks WS-Management over <see cref="ListRepository"/>.</summary>
internal sealed class WireHost : IAsyncDisposable
{
    public static readonly NetworkCredential Account = new("Administrator", "Passw0rd!");

    private WireHost(ListRepository repository, HyperVHostServer server, X509Certificate2 certificate)
    {
        Repository = repository;
        Server = server;
        Certificate = certificate;
    }

    public ListRepository Repository { get; }

    public HyperVHostServer Server { get; }

    public X509Certificate2 Certificate { get; }

    /// <summary>Options for Basic over HTTP; repetitions follow quickly.</summary>
    public WsManOptions Plain => new()
    {
        Address = Server.Address!,
        Authentication = WsManAuthentication.Basic,
        Credential = Account,
        AllowUnencrypted = true,
        RetryDelay = TimeSpan.FromMilliseconds(1),
    };

    /// <summary>Options for sealed NTLM over HTTP.</summary>
    public WsManOptions Sealed => Plain with { Authentication = WsManAuthentication.Ntlm, AllowUnencrypted = false };

    /// <summary>Options for HTTPS with the certificate pinned.</summary>
    public WsManOptions Secure => Sealed with { Address = Server.SecureAddress!, PinnedCertificate = Certificate.GetCertHashString(HashAlgorithmName.SHA256) };

    public static async Task<WireHost> StartAsync(Func<HyperVServerOptions, HyperVServerOptions>? change = null)
    {
        var certificate = MakeCertificate("CN=localhost");
        var options = new HyperVServerOptions { Users = new Dictionary<string, string> { [Account.UserName] = Account.Password }, SecurePort = 0, Certificate = certificate };
        var repository = new ListRepository();
        var server = new HyperVHostServer(repository, change?.Invoke(options) ?? options, TimeProvider.System);
        await server.StartAsync(default);
        return new WireHost(repository, server, certificate);
    }

    public static X509Certificate2 MakeCertificate(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Certificate.Dispose();
    }
}
