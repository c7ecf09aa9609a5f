using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.ServiceKit.Grpc;

/// <summary>The certificates of a server that takes calls only from holders of its own authority's certificates.</summary>
/// <param name="Certificate">The server's, asked for at each connection, so that a renewed one counts at once.</param>
/// <param name="IsTrusted">Whether a caller's certificate is one to trust.</param>
public sealed record GrpcTls(Func<X509Certificate2> Certificate, Func<X509Certificate2, bool> IsTrusted)
{
    const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>From PEM files. They are read once.</summary>
    /// <param name="where">The settings they come from, for errors.</param>
    /// <param name="certificateFile">The server's certificate.</param>
    /// <param name="keyFile">Its key.</param>
    /// <param name="authorityFile">The authority whose certificates callers must have.</param>
    /// <exception cref="HvStartupException">A file cannot be used.</exception>
    public static GrpcTls FromFiles(string where, string certificateFile, string keyFile, string authorityFile)
    {
        try
        {
            var certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(authorityFile);
            return authorities.Count > 0
                ? new GrpcTls(() => certificate, caller => IsIssuedBy(caller, authorities))
                : throw new CryptographicException($"{authorityFile} holds no certificate.");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new HvStartupException("gRPC's certificates cannot be used", where, e.Message, "Give PEM files that this process may read.", e);
        }
    }

    /// <summary>Whether a certificate was issued by one of the authorities for use as a client, and counts now. An agent of the platform is no caller of another one.</summary>
    public static bool IsIssuedBy(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));

        // The platform's authority publishes no list of its own; who is revoked is for the issuer of this rule to say.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(certificate) && PlatformCertificate.UnitOf(certificate) != PlatformCertificate.Agent;
    }
}
