using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace HvPlatform.ServiceKit.Tls;

/// <summary>
/// How a joined agent shows the platform's API who it is: it signs what it asks with the key of its certificate. So it needs no TLS of its own to the API,
/// and a proxy may stand in between. The signed text names what is asked for and when, so that it is good for nothing else and for a few minutes only.
/// </summary>
public static class AgentSignature
{
    /// <summary>How far the agent's clock may be from the platform's.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>A new certificate is asked for; the content is the signing request.</summary>
    public const string Renew = "hv-agent-renew-v1";

    /// <summary>Hosts are claimed; the content is a line for each, its id and its name.</summary>
    public const string Hosts = "hv-agent-hosts-v1";

    /// <summary>The signature, in base64.</summary>
    public static string Sign(X509Certificate2 certificate, string purpose, DateTimeOffset at, string content)
    {
        using var key = certificate.GetECDsaPrivateKey() ?? throw new CryptographicException("The agent's certificate has no ECDSA key.");
        return Convert.ToBase64String(key.SignData(Text(certificate, purpose, at, content), HashAlgorithmName.SHA256));
    }

    /// <summary>Whether the holder of this certificate's key has signed this.</summary>
    public static bool IsBy(X509Certificate2 certificate, string purpose, DateTimeOffset at, string content, string signature)
    {
        using var key = certificate.GetECDsaPublicKey();
        var bytes = new byte[signature.Length];
        return key is not null && Convert.TryFromBase64String(signature, bytes, out var length)
            && key.VerifyData(Text(certificate, purpose, at, content), bytes.AsSpan(0, length), HashAlgorithmName.SHA256);
    }

    static byte[] Text(X509Certificate2 certificate, string purpose, DateTimeOffset at, string content) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{purpose}\n{PlatformCertificate.Serial(certificate)}\n{at.ToUnixTimeSeconds()}\n{content}"));
}
