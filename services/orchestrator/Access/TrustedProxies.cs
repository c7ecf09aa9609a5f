using System.Net;
using HvPlatform.ServiceKit;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// Whose word is taken about where a request comes from. A proxy that ends TLS tells the client's address, scheme and host in <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c>; anybody
/// can send these headers, so they count only from the addresses of <see cref="AccessOptions.TrustedProxies"/>, and there only the last entry, which the proxy itself has written. If
/// that names another trusted proxy, the entry before it counts, and so on.
/// </summary>
internal static class TrustedProxies
{
    /// <summary>The networks of the setting; a single address is a network of one.</summary>
    /// <exception cref="HvStartupException">An entry is neither address nor network, or everybody.</exception>
    public static IReadOnlyList<IPNetwork> Read(AccessOptions options) => [.. options.TrustedProxies.Select(text => Parse(text) ?? throw new HvStartupException(
        "A setting cannot be used", "Orchestrator:Access:TrustedProxies", $"'{text}' is no address or network such as 192.0.2.7 or 10.1.0.0/16, or it is everybody.",
        "Name the addresses that the proxy connects from."))];

    /// <summary>Also where nobody is trusted: what ASPNETCORE_FORWARDEDHEADERS_ENABLED switches on would take anybody's word.</summary>
    public static void Configure(ForwardedHeadersOptions forwarded, AccessOptions options)
    {
        var networks = Read(options);
        forwarded.ForwardedHeaders = networks.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        forwarded.ForwardLimit = null;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in networks)
        {
            forwarded.KnownIPNetworks.Add(network);
        }
    }

    static IPNetwork? Parse(string text) =>
        IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(text, out var network) && network.PrefixLength > 0 ? network
        : null;
}
