using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>Names of machines as they go into certificates: DNS names in lower case, or IP addresses.</summary>
internal static partial class HostNames
{
    public const string Rule = "must be a DNS name of at most 253 characters, or an IP address";

    public static bool TryNormalize(string? text, [NotNullWhen(true)] out string? name)
    {
        var trimmed = text?.Trim().TrimEnd('.').ToLower(CultureInfo.InvariantCulture) ?? "";
        name = trimmed.Length is 0 or > 253 ? null
            : IPAddress.TryParse(trimmed, out var address) ? address.ToString()
            : DnsName().IsMatch(trimmed) ? trimmed
            : null;
        return name is not null;
    }

    [GeneratedRegex("""^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*$""", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex DnsName();
}
