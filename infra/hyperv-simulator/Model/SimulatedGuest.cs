using System.Globalization;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Guest;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>The guest operating system of a simulated virtual machine.</summary>
public sealed class SimulatedGuest
{
    private (string Name, string OperatingSystem, string Addresses) intrinsicOf;
    private string[] intrinsicTexts = [];

    /// <summary>There is one, with integration services. Without, the machine runs but nothing in it answers.</summary>
    public bool IsInstalled { get; set; } = true;

    /// <summary>Its name, as in <c>Msvm_SummaryInformation.GuestOperatingSystem</c>.</summary>
    public string OperatingSystem { get; set; } = "Ubuntu 24.04 LTS";

    /// <summary>When it was last started; null while the machine is off.</summary>
    public DateTimeOffset? BootedAt { get; set; }

    /// <summary>It has crashed: its services were there and answer no more.</summary>
    public bool IsHung { get; set; }

    /// <summary>Somebody works at it: it shuts down only by force.</summary>
    public bool IsLocked { get; set; }

    /// <summary>Whether its services answer.</summary>
    /// <param name="now">The time.</param>
    /// <param name="bootDuration">How long it takes until they do.</param>
    public bool Answers(DateTimeOffset now, TimeSpan bootDuration) => IsInstalled && !IsHung && BootedAt is { } booted && now >= booted + bootDuration;

    /// <summary>What the guest itself tells the host by key and value (<c>GuestExchangeItems</c>).</summary>
    public KvpItems Exchange { get; private set; } = new(1);

    /// <summary>Files that the host copied into it: path and size in bytes.</summary>
    public Dictionary<string, ulong> Files { get; private set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Addresses that the host gave its adapters, by <c>InstanceID</c> of the <c>Msvm_GuestNetworkAdapterConfiguration</c>.</summary>
    public Dictionary<string, CimInstance> Networks { get; private set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What was typed at its keyboard through the host.</summary>
    public List<string> Typed { get; private set; } = [];

    /// <summary>Keys that are held down.</summary>
    public HashSet<uint> PressedKeys { get; private set; } = [];

    /// <summary>What its integration services tell of it (<c>GuestIntrinsicExchangeItems</c>).</summary>
    internal KvpItems Intrinsic(SimulatedVm vm)
    {
        var items = new KvpItems(2);
        var isWindows = OperatingSystem.StartsWith("Windows", StringComparison.OrdinalIgnoreCase);
        items.Set("FullyQualifiedDomainName", HostName(vm) + ".example.test");
        items.Set("OSName", OperatingSystem);
        items.Set("OSVersion", isWindows ? "10.0.20348" : "6.8.0-45-generic");
        items.Set("OSBuildNumber", isWindows ? "20348" : "6.8.0-45-generic");
        items.Set("OSMajorVersion", isWindows ? "10" : "6");
        items.Set("OSMinorVersion", isWindows ? "0" : "8");
        items.Set("OSPlatformId", isWindows ? "2" : "3");
        items.Set("ProcessorArchitecture", isWindows ? "9" : "x86_64");
        items.Set("IntegrationServicesVersion", isWindows ? "10.0.20348" : "3.1");
        items.Set("NetworkAddressIPv4", string.Join(';', Addresses(vm)));
        items.Set("NetworkAddressIPv6", string.Empty);
        items.Set("RDPAddressIPv4", string.Empty);
        items.Set("RDPAddressIPv6", string.Empty);
        return items;
    }

    /// <summary>The same as embedded instances; made anew only when something of it has changed, since many ask often.</summary>
    internal string[] IntrinsicTexts(SimulatedVm vm)
    {
        var made = (vm.Name, OperatingSystem, string.Join(';', Addresses(vm)));
        if (intrinsicOf != made)
        {
            intrinsicTexts = Intrinsic(vm).ToTexts();
            intrinsicOf = made;
        }

        return intrinsicTexts;
    }

    /// <summary>The guest's IPv4 addresses, one for each network adapter that is connected.</summary>
    internal static IEnumerable<string> Addresses(SimulatedVm vm)
    {
        var number = (uint)vm.Id.GetHashCode();
        var adapters = vm.Configuration.Of("Msvm_EthernetPortAllocationSettingData").Count(one => one.Array<string>("HostResource").Count > 0);
        return Enumerable.Range(0, adapters).Select(adapter => string.Create(CultureInfo.InvariantCulture, $"10.{(number >> 16) % 250 + 1}.{((number >> 8) + adapter) % 250}.{number % 250 + 1}"));
    }

    /// <summary>The same guest on another host.</summary>
    public SimulatedGuest Copy()
    {
        var copy = (SimulatedGuest)MemberwiseClone();
        copy.Exchange = Exchange.Copy();
        copy.Files = new Dictionary<string, ulong>(Files, StringComparer.OrdinalIgnoreCase);
        copy.Networks = new Dictionary<string, CimInstance>(Networks, StringComparer.OrdinalIgnoreCase);
        copy.Typed = [.. Typed];
        copy.PressedKeys = [.. PressedKeys];
        return copy;
    }

    private static string HostName(SimulatedVm vm)
    {
        var name = new string([.. vm.Name.ToLowerInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c == '-').Take(15)]);
        return name.Length == 0 ? "guest" : name;
    }
}
