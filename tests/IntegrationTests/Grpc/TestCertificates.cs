using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HvPlatform.TestKit;

namespace HvPlatform.IntegrationTests.Grpc;

/// <summary>An authority, a server's certificate for 127.0.0.1, a client's, and one of a stranger's authority, as PEM files.</summary>
sealed class TestCertificates
{
    readonly string _folder = TemporaryDirectory.Create("hv-grpc-tls-");

    public TestCertificates()
    {
        using var authority = Authority("CN=platform");
        using var stranger = Authority("CN=stranger");
        WriteCertificate(authority, "ca");
        Issue(authority, "CN=node", "server", "1.3.6.1.5.5.7.3.1");
        Issue(authority, "CN=control-plane, OU=service", "client", "1.3.6.1.5.5.7.3.2");
        Issue(authority, "CN=other, OU=agent", "agent", "1.3.6.1.5.5.7.3.2");
        Issue(stranger, "CN=control-plane", "stranger", "1.3.6.1.5.5.7.3.2");
    }

    public string File(string name) => Path.Combine(_folder, name);

    static X509Certificate2 Authority(string name)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));
    }

    void Issue(X509Certificate2 authority, string subject, string name, string usage)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, authority.NotBefore.ToUniversalTime(), authority.NotAfter.ToUniversalTime(), RandomNumberGenerator.GetBytes(8));
        WriteCertificate(certificate, name);
        System.IO.File.WriteAllText(File($"{name}.key"), key.ExportPkcs8PrivateKeyPem());
    }

    void WriteCertificate(X509Certificate2 certificate, string name) => System.IO.File.WriteAllText(File($"{name}.pem"), certificate.ExportCertificatePem());
}
