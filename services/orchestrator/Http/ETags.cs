using System.Globalization;
using System.Security.Cryptography;

namespace HvPlatform.Orchestrator.Http;

/// <summary>Entity tags (RFC 9110, 8.8.3) of single resources.</summary>
internal static class ETags
{
    /// <summary>
    /// The tag of a VM or host: the version of its event stream, which grows with every event about it. Volatile members (when it was
    /// last seen) do not change it; turning stale does.
    /// </summary>
    public static string OfVersion(long version, string? volatilePart = null) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{version}{(volatilePart is null ? "" : $"-{volatilePart}")}\"");

    /// <summary>The tag of a resource without a version: of its bytes.</summary>
    public static string OfBytes(ReadOnlySpan<byte> body) => $"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 12))}\"";

    /// <summary>The tag of a resource without a version, some of which changes by itself: only <paramref name="lasting"/> counts for If-Match.</summary>
    public static string OfParts(ReadOnlySpan<byte> lasting, ReadOnlySpan<byte> body) => $"{OfBytes(lasting)[..^1]}-{OfBytes(body)[1..]}";

    /// <summary>Whether a list of tags from If-Match names this one. The volatile part is not a change anyone made, so it is not compared.</summary>
    public static bool Matches(string header, string current) => Tags(header).Any(tag => tag == "*" || string.Equals(Bare(tag), Bare(current), StringComparison.Ordinal));

    /// <summary>Whether the client's copy is the very same.</summary>
    public static bool SameCopy(string header, string current) => Tags(header).Any(tag => tag == "*" || tag == current || tag == $"W/{current}");

    static string[] Tags(string header) => header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    static string Bare(string tag) => tag.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash ? $"{tag[..dash]}\"" : tag;
}
