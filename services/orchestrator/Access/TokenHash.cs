using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace HvPlatform.Orchestrator.Access;

/// <summary>Secrets that this process gives out: random, and kept as their hash only. A plain SHA-256 is enough for 256 random bits.</summary>
internal static class TokenHash
{
    /// <summary>What is kept of a secret.</summary>
    public static byte[] Of(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>A new secret of 256 random bits, in letters, digits, '-' and '_'.</summary>
    public static string NewSecret(string prefix) => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}
