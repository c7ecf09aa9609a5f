using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HvPlatform.HostAgent.Joining;

/// <summary>A key that never leaves this machine, and the request to sign its certificate.</summary>
sealed class FreshKey : IDisposable
{
    readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The signing request, PEM. Its subject does not matter: the platform says who the agent is.</summary>
    public string SigningRequest => new CertificateRequest("CN=host-agent", _key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

    /// <summary>Certificate and key as one PEM text.</summary>
    /// <exception cref="CryptographicException">The certificate is for another key.</exception>
    public string With(string certificatePem)
    {
        using var certificate = X509Certificate2.CreateFromPem(certificatePem);
        using var signed = certificate.GetECDsaPublicKey();
        return signed is not null && signed.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(_key.ExportSubjectPublicKeyInfo())
            ? $"{certificatePem.Trim()}\n{_key.ExportPkcs8PrivateKeyPem()}\n"
            : throw new CryptographicException("The certificate that came back is for another key.");
    }

    public void Dispose() => _key.Dispose();
}
