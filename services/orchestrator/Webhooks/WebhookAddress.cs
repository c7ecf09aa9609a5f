using System.Net;
using System.Net.Sockets;

namespace HvPlatform.Orchestrator.Webhooks;

/// <summary>
/// Where webhooks may go. The URL is looked at when it is given; what counts is the address a connection is made to, whatever the name says then: a name may resolve to this
/// machine, to a neighbour, or to the cloud's metadata service, and to something else each time.
/// </summary>
internal static class WebhookAddress
{
    const int LongestUrl = 2000;

    static readonly IPNetwork[] s_notPublic =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",

            // Of IPv6 only 2000::/3 is public; in it these carry or stand for something else: Teredo and other protocols', documentation, 6to4.
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        }.Select(n => IPNetwork.Parse(n)),
    ];

    static readonly IPNetwork s_publicV6 = IPNetwork.Parse("2000::/3");

    /// <summary>What is wrong with a URL; null if it may be tried.</summary>
    public static string? WhyNot(string? url, bool allowPrivate)
    {
        if (url is null || url.Length > LongestUrl || !Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            return $"must be an http:// or https:// URL of at most {LongestUrl} characters";
        }

        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
        {
            return "must not have a user, a password or a fragment";
        }

        var isPrivate = IPAddress.TryParse(uri.DnsSafeHost, out var address) ? !IsPublic(address) : uri.Host is "localhost" || uri.Host.EndsWith(".localhost", StringComparison.Ordinal);
        return isPrivate && !allowPrivate ? "must not be on a loopback, link-local or private address (setting Orchestrator:Webhooks:AllowPrivate)" : null;
    }

    /// <summary>Whether an address is one of the public Internet.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return (address.AddressFamily == AddressFamily.InterNetwork || s_publicV6.Contains(address)) && !s_notPublic.Any(n => n.Contains(address));
    }

    /// <summary>Connects to the first address of the endpoint that is allowed and answers.</summary>
    /// <exception cref="WebhookAddressException">None is allowed.</exception>
    public static async ValueTask<Stream> ConnectAsync(DnsEndPoint endpoint, bool allowPrivate, CancellationToken cancellationToken)
    {
        var all = await Dns.GetHostAddressesAsync(endpoint.Host, cancellationToken);
        var allowed = all.Where(a => allowPrivate || IsPublic(a)).ToArray();
        if (allowed.Length == 0)
        {
            throw new WebhookAddressException($"{endpoint.Host} is on no public address ({string.Join(", ", all.Select(a => a.ToString()))}).");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, endpoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>An endpoint is where none may be.</summary>
internal sealed class WebhookAddressException(string message) : IOException(message);
