using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HvPlatform.ServiceKit.Tls;

/// <summary>
/// Certificates of the platform's own CA. Their subject says what the holder is: an agent (common name: its id) or a service. The two are never taken for each
/// other: an agent cannot pose as the broker to other agents, nor command them.
/// </summary>
public static class PlatformCertificate
{
    /// <summary>Organizational unit of agents.</summary>
    public const string Agent = "agent";

    /// <summary>Organizational unit of the platform's services, of its broker, and of clients that an administrator made a certificate for.</summary>
    public const string Service = "service";

    const string CommonName = "2.5.4.3";
    const string OrganizationalUnit = "2.5.4.11";

    /// <summary>The subject of a certificate.</summary>
    public static X500DistinguishedName Subject(string unit, string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddOrganizationalUnitName(unit);
        builder.AddCommonName(name);
        return builder.Build();
    }

    /// <summary>The common name: an agent's id, or a service's name.</summary>
    public static string? NameOf(X509Certificate2 certificate) => Part(certificate, CommonName);

    /// <summary>Whether the holder is an <see cref="Agent"/> or a <see cref="Service"/>; null if it says neither.</summary>
    public static string? UnitOf(X509Certificate2 certificate) => Part(certificate, OrganizationalUnit);

    /// <summary>The serial number as the revocation list and the API write it: upper-case hex, no leading zeros.</summary>
    public static string Serial(X509Certificate2 certificate) => Serial(certificate.SerialNumberBytes.Span);

    /// <summary>The SHA-256 of a certificate, in lower-case hex: what people compare.</summary>
    public static string Fingerprint(X509Certificate2 certificate) => Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));

    /// <summary>Why the other side of a TLS connection is not who it has to be, in a sentence; null if it is.</summary>
    /// <param name="certificate">What it showed.</param>
    /// <param name="ca">The platform's CA.</param>
    /// <param name="revoked">The CA's list of revoked certificates, if it is known here; one that is out of date refuses everybody.</param>
    /// <param name="unit"><see cref="Agent"/> or <see cref="Service"/>.</param>
    /// <param name="now">The time.</param>
    public static string? WhyRefused(X509Certificate2? certificate, X509Certificate2 ca, RevocationList? revoked, string unit, DateTimeOffset now)
    {
        if (certificate is null)
        {
            return "it showed no certificate.";
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(ca);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        if (!chain.Build(certificate))
        {
            return now < certificate.NotBefore ? $"its certificate is valid only from {certificate.NotBefore.ToUniversalTime():u}."
                : now > certificate.NotAfter ? $"its certificate has expired at {certificate.NotAfter.ToUniversalTime():u}."
                : $"its certificate is not from the platform's CA ({string.Join(", ", chain.ChainStatus.Select(s => s.Status))}).";
        }

        if (UnitOf(certificate) != unit)
        {
            return $"its certificate is that of '{UnitOf(certificate) ?? "nobody known"}', not of '{unit}'.";
        }

        return revoked is null ? null
            : revoked.NextUpdate < now ? $"the list of revoked certificates is out of date since {revoked.NextUpdate:u}, so nobody can be trusted."
            : revoked.Contains(certificate) ? "its certificate is revoked."
            : null;
    }

    internal static string Serial(ReadOnlySpan<byte> number) => Convert.ToHexString(number.TrimStart((byte)0));

    static string? Part(X509Certificate2 certificate, string oid)
    {
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == oid)
            {
                return part.GetSingleElementValue();
            }
        }

        return null;
    }
}
