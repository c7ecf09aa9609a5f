using System.Collections.Concurrent;
using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model.Migration;

/// <summary>
/// Hosts that know each other: virtual machines can go from one to another, and all see the same file shares. May be used from many threads; it has no lock that is held while
/// a host's is waited for.
/// </summary>
/// <param name="clock">The clock of its file shares.</param>
/// <param name="shareBytes">Room on all shares together, bytes.</param>
public sealed class SimulatedFleet(TimeProvider clock, ulong shareBytes = 256UL << 40)
{
    private readonly ConcurrentDictionary<string, SimulatedHyperVHost> hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<(string, string), bool> cuts = new();

    /// <summary>The file shares, <c>\\server\share\…</c>.</summary>
    public SimulatedFileSystem Shares { get; } = new(shareBytes, clock);

    /// <summary>The hosts, by name.</summary>
    public IEnumerable<SimulatedHyperVHost> Hosts => hosts.Values.OrderBy(host => host.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Lets a host join. Before it is asked anything.</summary>
    public SimulatedHyperVHost Add(SimulatedHyperVHost host)
    {
        if (!hosts.TryAdd(host.Name, host))
        {
            throw new ArgumentException($"There is a host {host.Name} already.", nameof(host));
        }

        var number = hosts.Count - 1;
        host.Fleet = this;
        host.MigrationAddresses = [$"10.77.{number / 250}.{(number % 250) + 1}"];
        host.Files.Shares = Shares;
        return host;
    }

    /// <summary>A host by its name, its full domain name or an address of its migration listener; null if nobody has it.</summary>
    public SimulatedHyperVHost? Find(string nameOrAddress) =>
        hosts.GetValueOrDefault(nameOrAddress)
        ?? Hosts.FirstOrDefault(host => host.MigrationAddresses.Contains(nameOrAddress, StringComparer.OrdinalIgnoreCase))
        ?? (nameOrAddress.IndexOf('.') is > 0 and var dot && !System.Net.IPAddress.TryParse(nameOrAddress, out _) ? hosts.GetValueOrDefault(nameOrAddress[..dot]) : null);

    /// <summary>Cuts the network between two hosts, or mends it.</summary>
    public void Cut(string one, string other, bool cut = true)
    {
        if (cut)
        {
            cuts[Pair(one, other)] = true;
        }
        else
        {
            cuts.TryRemove(Pair(one, other), out _);
        }
    }

    /// <summary>Whether two hosts reach each other: both are up, and the network between them is not cut.</summary>
    public bool IsConnected(SimulatedHyperVHost one, SimulatedHyperVHost other) => !one.IsDown && !other.IsDown && !cuts.ContainsKey(Pair(one.Name, other.Name));

    private static (string, string) Pair(string one, string other)
    {
        var (first, second) = (one.ToUpperInvariant(), other.ToUpperInvariant());
        return string.CompareOrdinal(first, second) <= 0 ? (first, second) : (second, first);
    }
}
