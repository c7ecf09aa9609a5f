using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HvPlatform.Orchestrator.Webhooks;

/// <summary>The header <c>Hv-Signature: t=UNIX,v1=HEX</c>: HMAC-SHA256 of <c>UNIX.BODY</c>. While a secret is being replaced there is a <c>v1</c> of each.</summary>
internal static class WebhookSignature
{
    public const string Header = "Hv-Signature";
    const string Prefix = "whsec_";
    const int SecretBytes = 32;

    /// <summary>A new secret.</summary>
    public static string NewSecret() => Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>The header's value.</summary>
    public static string Of(IEnumerable<string> secrets, DateTimeOffset now, string body)
    {
        var seconds = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signed = Encoding.UTF8.GetBytes($"{seconds}.{body}");
        return $"t={seconds},{string.Join(',', secrets.Select(s => $"v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(s), signed))}"))}";
    }
}
