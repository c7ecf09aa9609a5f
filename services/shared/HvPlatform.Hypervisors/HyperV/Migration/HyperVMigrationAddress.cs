using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Where a Hyper-V host takes migrations: what it says of itself when it is prepared, and its peer uses. As a URI: <c>hyperv://HV2?ip=10.0.0.2&amp;ip=fd00::2</c>.
/// </summary>
/// <param name="Host">Its name, as the source's Hyper-V finds it.</param>
/// <param name="Addresses">What its migration service listens on; empty to leave that to the source.</param>
internal sealed record HyperVMigrationAddress(string Host, IReadOnlyList<string> Addresses)
{
    private const string Scheme = "hyperv://";

    /// <summary>The URI.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Scheme).Append(Uri.EscapeDataString(Host));
        for (var i = 0; i < Addresses.Count; i++)
        {
            text.Append(i == 0 ? '?' : '&').Append("ip=").Append(Uri.EscapeDataString(Addresses[i]));
        }

        return text.ToString();
    }

    /// <summary>Whether a host's name or address, as a host shows it, is this one's. A name with its domain and the one without it are the same.</summary>
    public bool Names(string? other) => other is { Length: > 0 }
        && (Same(Host, other) || Addresses.Any(a => Same(a, other)) || Same(Host, other.Split('.')[0]) || Same(Host.Split('.')[0], other));

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads such a URI. False for any other text.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out HyperVMigrationAddress? address)
    {
        address = null;
        if (text is null || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var rest = text[Scheme.Length..];
        var query = rest.IndexOf('?', StringComparison.Ordinal);
        var host = Uri.UnescapeDataString(query < 0 ? rest : rest[..query]).TrimEnd('/');
        if (host.Length == 0)
        {
            return false;
        }

        var addresses = query < 0 ? [] : rest[(query + 1)..].Split('&').Where(p => p.StartsWith("ip=", StringComparison.Ordinal)).Select(p => Uri.UnescapeDataString(p[3..])).Where(a => a.Length > 0).ToList();
        address = new HyperVMigrationAddress(host, addresses);
        return true;
    }
}
