using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>A PKCS#10 signing request as an agent sends it. Only its key is taken: who the agent is, the platform says.</summary>
internal static class SigningRequest
{
    /// <summary>Longest that is read, characters of PEM.</summary>
    public const int MaxLength = 8192;

    const string EcPublicKey = "1.2.840.10045.2.1";
    static readonly string[] Curves = ["1.2.840.10045.3.1.7", "1.3.132.0.34"];

    /// <summary>Checks that the sender has the key (the request is signed with it) and that the key is one that is taken: ECDSA on P-256 or P-384.</summary>
    public static bool TryRead(string pem, [NotNullWhen(true)] out PublicKey? key, [NotNullWhen(false)] out string? wrong)
    {
        (key, wrong) = (null, null);
        if (pem.Length > MaxLength)
        {
            wrong = $"must be at most {MaxLength} characters, found {pem.Length}";
            return false;
        }

        try
        {
            var request = CertificateRequest.LoadSigningRequestPem(pem, HashAlgorithmName.SHA256);
            wrong = WhyRefused(request.PublicKey);
            key = wrong is null ? request.PublicKey : null;
            return wrong is null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            wrong = $"must be a PKCS#10 signing request in PEM, signed with its own key: {e.Message}";
            return false;
        }
    }

    static string? WhyRefused(PublicKey key)
    {
        const string Wanted = "must be for an ECDSA key on P-256 or P-384";
        if (key.Oid.Value != EcPublicKey)
        {
            return $"{Wanted}, found {key.Oid.FriendlyName ?? key.Oid.Value}";
        }

        using var ecdsa = key.GetECDsaPublicKey();
        var curve = ecdsa?.ExportParameters(false).Curve.Oid;
        return curve?.Value is { } oid && Curves.Contains(oid) ? null : $"{Wanted}, found {curve?.FriendlyName ?? "another curve"}";
    }
}
