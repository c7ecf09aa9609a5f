using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>What a guest says of itself: its intrinsic key-value pairs and the configuration of its adapters.</summary>
internal static class VmGuestReader
{
    /// <summary>Null if it has said nothing.</summary>
    public static VmGuest? Read(VmFacts facts)
    {
        var pairs = facts.GuestPairs ?? Pairs(facts.Kvp);
        var name = pairs.GetValueOrDefault("OSName") ?? facts.Summary?.String("GuestOperatingSystem");
        var networks = Networks(facts);
        if (string.IsNullOrEmpty(name) && pairs.Count == 0 && networks.Count == 0)
        {
            return null;
        }

        return new VmGuest
        {
            OperatingSystem = string.IsNullOrEmpty(name) ? null : name,
            OperatingSystemVersion = pairs.GetValueOrDefault("OSVersion"),
            Architecture = Architecture(pairs.GetValueOrDefault("ProcessorArchitecture")),
            Family = Family(pairs, name),
            HostName = pairs.GetValueOrDefault("FullyQualifiedDomainName"),
            IntegrationServicesVersion = pairs.GetValueOrDefault("IntegrationServicesVersion"),
            Networks = networks,
        };
    }

    /// <summary>The intrinsic pairs of a <c>Msvm_KvpExchangeComponent</c>. One that cannot be read is left out: a guest must not make its VM unreadable.</summary>
    public static IReadOnlyDictionary<string, string> Pairs(CimInstance? component)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in component?.Array<string>("GuestIntrinsicExchangeItems") ?? [])
        {
            try
            {
                var item = CimXml.Read(text);
                if (item.String("Name") is { } name && item.String("Data") is { Length: > 0 } data)
                {
                    pairs[name] = data;
                }
            }
            catch (CimException error) when (error.Kind is CimErrorKind.Malformed)
            {
                continue;
            }
        }

        return pairs;
    }

    // PROCESSOR_ARCHITECTURE_* of Windows; Linux guests send uname's word.
    private static string? Architecture(string? value) => value switch
    {
        "0" or "i386" or "i686" => "x86",
        "9" or "x86_64" => "x64",
        "12" or "aarch64" => "ARM64",
        _ => value,
    };

    /// <summary>Windows sends its platform id (2); the daemon of Linux and FreeBSD guests sends their name as the operating system's.</summary>
    private static string? Family(IReadOnlyDictionary<string, string> pairs, string? name)
    {
        if (pairs.GetValueOrDefault("OSPlatformId") is "2" || name?.Contains("Windows", StringComparison.OrdinalIgnoreCase) == true)
        {
            return "Windows";
        }

        if (string.IsNullOrEmpty(name))
        {
            return null;
        }

        return name.Contains("BSD", StringComparison.OrdinalIgnoreCase) ? "FreeBSD" : "Linux";
    }

    private static List<VmGuestNetwork> Networks(VmFacts facts)
    {
        var networks = new List<VmGuestNetwork>();
        foreach (var one in facts.GuestNetworks.OrderBy(one => one.String("InstanceID"), StringComparer.OrdinalIgnoreCase))
        {
            var addresses = one.Array<string>("IPAddresses");
            if (addresses.Count == 0)
            {
                continue;
            }

            // The last part of its id is that of its adapter's.
            var device = one.String("InstanceID")?.Split('\\')[^1];
            var port = facts.Ports.Find(port => port.String("InstanceID")?.EndsWith('\\' + device, StringComparison.OrdinalIgnoreCase) == true);
            // Sorted, since a guest that lists the same addresses in another order has not changed.
            var subnets = one.Array<string>("Subnets");
            var order = Enumerable.Range(0, addresses.Count).OrderBy(i => addresses[i], StringComparer.Ordinal).ToArray();
            networks.Add(new VmGuestNetwork
            {
                MacAddress = VmDeviceReader.Mac(port?.String("Address")),
                Addresses = [.. order.Select(i => addresses[i])],
                Subnets = subnets.Count == addresses.Count ? [.. order.Select(i => subnets[i])] : [.. subnets],
            });
        }

        return networks;
    }
}
