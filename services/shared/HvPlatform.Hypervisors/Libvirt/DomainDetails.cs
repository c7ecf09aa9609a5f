using System.Collections.Concurrent;
using System.Globalization;
using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>What only a domain's XML says; kept until an event says that it may have changed.</summary>
internal sealed record DomainDetails(
    int Vcpus, long MemoryMiB, IReadOnlyList<VmDisk> Disks, IReadOnlyList<VmNic> Nics, bool Persistent, long Epoch)
{
    /// <summary>The namespace of our element in a domain's metadata, and the prefix libvirt keeps it under.</summary>
    public const string MetadataNamespace = "https://hvplatform.dev/xmlns/vm/1";

    /// <summary>See <see cref="MetadataNamespace"/>.</summary>
    public const string MetadataKey = "hv";

    public static DomainDetails Parse(XElement domain, bool persistent, IReadOnlyList<string> sharedPaths)
    {
        var devices = domain.Element("devices");
        var epoch = domain.Element("metadata")?.Element(XName.Get("vm", MetadataNamespace))?.Attribute("epoch")?.Value;
        return new DomainDetails(
            int.Parse(domain.Element("vcpu")?.Attribute("current")?.Value ?? domain.Element("vcpu")?.Value ?? "1", CultureInfo.InvariantCulture),
            MiB(domain.Element("memory")),
            [.. (devices?.Elements("disk") ?? []).Select(d => Disk(d, sharedPaths))],
            [.. (devices?.Elements("interface") ?? []).Select(Nic)],
            persistent,
            long.TryParse(epoch, CultureInfo.InvariantCulture, out var e) ? e : 0);
    }

    /// <summary>True if a path lies in one of the folders, by whole path parts and without "..".</summary>
    public static bool IsUnder(string path, IReadOnlyList<string> folders)
    {
        var full = Path.GetFullPath(path);
        return folders.Any(f => full.StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(f)) + "/", StringComparison.Ordinal));
    }

    static VmDisk Disk(XElement disk, IReadOnlyList<string> sharedPaths)
    {
        var source = disk.Element("source");
        var path = source?.Attribute("file")?.Value ?? source?.Attribute("dev")?.Value;

        // A network disk (Ceph, iSCSI) has no path.
        var network = source?.Attribute("protocol")?.Value;
        return new VmDisk
        {
            Target = disk.Element("target")?.Attribute("dev")?.Value ?? "",
            Source = path ?? (network is null ? source?.Attribute("volume")?.Value ?? Other(disk, source) : $"{network}:{source?.Attribute("name")?.Value}"),
            Format = disk.Element("driver")?.Attribute("type")?.Value,
            Shared = IsShared(source, sharedPaths) && disk.Descendants("backingStore").Select(b => b.Element("source")).All(b => b is null || IsShared(b, sharedPaths)),
        };
    }

    /// <summary>One image of a disk's chain. A network disk is reached alike from everywhere, unless its server is the host itself.</summary>
    static bool IsShared(XElement? source, IReadOnlyList<string> sharedPaths) => source?.Attribute("protocol") is not null
        ? !source.Elements("host").Any(IsTheHostItself)
        : (source?.Attribute("file") ?? source?.Attribute("dev"))?.Value is { } path && IsUnder(path, sharedPaths);

    static bool IsTheHostItself(XElement server) => server.Attribute("name")?.Value is not { } name
        || name == "localhost" || (System.Net.IPAddress.TryParse(name, out var address) && System.Net.IPAddress.IsLoopback(address));

    /// <summary>A directory, an NVMe device or a vhost-user socket has no path of ours; only a drive without a medium has no source at all.</summary>
    static string? Other(XElement disk, XElement? source) => disk.Attribute("type")?.Value is { } type and not ("file" or "block") && source is not null
        ? $"{type}:{(source.Attribute("dir") ?? source.Attribute("path") ?? source.Attribute("type"))?.Value}"
        : null;

    static VmNic Nic(XElement nic)
    {
        var source = nic.Element("source");
        return new VmNic
        {
            MacAddress = nic.Element("mac")?.Attribute("address")?.Value.ToLowerInvariant() ?? "",
            Network = source?.Attribute("network")?.Value ?? source?.Attribute("bridge")?.Value ?? source?.Attribute("dev")?.Value,
            Model = nic.Element("model")?.Attribute("type")?.Value,
        };
    }

    /// <summary>A memory size with its unit attribute (default KiB), in MiB.</summary>
    public static long MiB(XElement? size) => size is null
        ? 0
        : long.Parse(size.Value, CultureInfo.InvariantCulture) * ((string?)size.Attribute("unit") switch
        {
            null or "KiB" or "k" => 1024,
            "MiB" or "M" => 1 << 20,
            "GiB" or "G" => 1 << 30,
            "TiB" or "T" => 1L << 40,
            "KB" => 1000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            _ => 1,
        }) >> 20;
}

/// <summary>Details by VM. What was read while anything changed is given out but not kept.</summary>
internal sealed class DomainCache
{
    readonly ConcurrentDictionary<VmId, DomainDetails> known = new();
    long changes;

    public DomainDetails Get(VmId vm, Func<DomainDetails> read)
    {
        if (known.TryGetValue(vm, out var details))
        {
            return details;
        }

        var before = Interlocked.Read(ref changes);
        details = read();
        known[vm] = details;

        // An event between the reading and the keeping found nothing to forget.
        if (Interlocked.Read(ref changes) != before)
        {
            known.TryRemove(vm, out _);
        }

        return details;
    }

    public void Forget(VmId vm)
    {
        Interlocked.Increment(ref changes);
        known.TryRemove(vm, out _);
    }
}
