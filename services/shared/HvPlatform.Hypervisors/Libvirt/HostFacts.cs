using System.Runtime.InteropServices;
using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>What does not change while the host is up, and what is asked of the host as a whole.</summary>
internal sealed record HostFacts(HostId Id, string Name, string Architecture, bool HasKvm)
{
    public static HostFacts Read(LibvirtSession session)
    {
        var xml = XElement.Parse(session.Text(Vir.virConnectGetCapabilities(session.Connection), "Cannot read the host's capabilities"));
        var machine = xml.Element("host");
        var architecture = machine?.Element("cpu")?.Element("arch")?.Value ?? "x86_64";
        var guest = xml.Elements("guest").FirstOrDefault(g => g.Element("arch")?.Attribute("name")?.Value == architecture);
        if (!Guid.TryParse(machine?.Element("uuid")?.Value, out var id))
        {
            throw LibvirtErrors.Own(
                ErrorKind.Fatal, "host-without-id", "libvirt gives this host no UUID.", session.Where, "Set host_uuid in the host's libvirtd.conf.");
        }

        if (guest is null)
        {
            throw LibvirtErrors.Own(
                ErrorKind.Fatal, "qemu-missing", $"libvirt finds no QEMU for {architecture} on this host.", session.Where, "Install QEMU (Debian, Ubuntu: apt-get install qemu-system-x86).");
        }

        var kvm = guest.Descendants("domain").Any(d => d.Attribute("type")?.Value == "kvm");
        return new HostFacts(new HostId(id), session.Where, architecture, kvm);
    }

    public static unsafe HostCapabilities Capabilities(LibvirtSession session, IReadOnlyList<string> facets)
    {
        var info = default(VirNodeInfo);
        ulong hypervisor = 0, library = 0;
        session.Ok(Vir.virNodeGetInfo(session.Connection, &info), "Cannot read the host's hardware");
        session.Ok(Vir.virConnectGetVersion(session.Connection, &hypervisor));
        session.Ok(Vir.virConnectGetLibVersion(session.Connection, &library));
        var cpu = XElement.Parse(session.Text(Vir.virConnectGetCapabilities(session.Connection))).Element("host")?.Element("cpu");
        return new HostCapabilities
        {
            Hypervisor = $"QEMU {Version(hypervisor)} (libvirt {Version(library)})",
            CpuModel = cpu?.Element("model")?.Value ?? Marshal.PtrToStringUTF8((nint)info.Model) ?? "",
            CpuCount = (int)info.Cpus,
            // Not virNodeGetInfo's memory: that is the sum of the NUMA cells, which leaves out memory added while the machine runs.
            MemoryMiB = (MemoryKiB(session).TryGetValue("total", out var kib) ? kib : (long)info.MemoryKiB) / 1024,
            Facets = facets,
            MigrationUri = MigrationUri(session),
            MaxConcurrentMigrations = session.Options.MaxConcurrentMigrations,
            MaxMigrationBandwidthMiBps = session.Options.MaxMigrationBandwidthMiBps,
        };
    }

    /// <summary>The URI another host's libvirtd connects to.</summary>
    public static string MigrationUri(LibvirtSession session) =>
        session.Options.MigrationUri ?? $"qemu+tls://{session.Options.MigrationHost ?? session.Where}/system";

    /// <summary>
    /// Why guests cannot fetch their memory after a switch-over, or null if they can. QEMU then needs the kernel's userfaultfd for faults of the kernel
    /// too: as root, where the host lets everyone (vm.unprivileged_userfaultfd), or by a device node open to QEMU's user.
    /// </summary>
    public static string? WhyNoPostCopy(LibvirtSession session)
    {
        if (!DomainXml.IsLocal(session.Options.Uri))
        {
            return "the agent is not on the host and cannot look.";
        }

        var setting = QemuImg.OnHost(session.Options, "/proc/sys/vm/unprivileged_userfaultfd");
        if (!File.Exists(setting))
        {
            return "its kernel has no userfaultfd.";
        }

        if (File.ReadAllText(setting).Trim() == "1" || QemuRunsAsRoot(session))
        {
            return null;
        }

        var device = QemuImg.OnHost(session.Options, "/dev/userfaultfd");
        const UnixFileMode open = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        return !OperatingSystem.IsWindows() && File.Exists(device) && (File.GetUnixFileMode(device) & open) == open ? null : "QEMU does not run as root there and vm.unprivileged_userfaultfd is 0.";
    }

    static bool QemuRunsAsRoot(LibvirtSession session)
    {
        var host = XElement.Parse(session.Text(Vir.virConnectGetCapabilities(session.Connection), "Cannot read the host's capabilities")).Element("host");
        var dac = host?.Elements("secmodel").FirstOrDefault(m => m.Element("model")?.Value == "dac");
        return dac?.Elements("baselabel").FirstOrDefault()?.Value.StartsWith("+0:", StringComparison.Ordinal) ?? false;
    }

    /// <summary>Memory the kernel could give to a new VM: free, buffers and page cache.</summary>
    public static long? FreeMemoryMiB(LibvirtSession session)
    {
        var stats = MemoryKiB(session);
        return stats.Count == 0 ? null : (stats.GetValueOrDefault("free") + stats.GetValueOrDefault("buffers") + stats.GetValueOrDefault("cached")) / 1024;
    }

    /// <summary>Of all processors together; null where libvirt cannot read it.</summary>
    public static unsafe HostCpuTime? CpuTime(LibvirtSession session)
    {
        var count = 0;
        session.Ok(Vir.virNodeGetCPUStats(session.Connection, AllCells, null, &count, 0), "Cannot read the host's processor time");
        var stats = stackalloc VirNodeCpuStat[count];
        session.Ok(Vir.virNodeGetCPUStats(session.Connection, AllCells, stats, &count, 0), "Cannot read the host's processor time");
        long busy = 0, idle = 0;
        for (var i = 0; i < count; i++)
        {
            // VIR_NODE_CPU_STATS_*: kernel, user, idle, iowait, intr, utilization (a ratio, instead of the others); waiting for a disk is idling.
            switch (Marshal.PtrToStringUTF8((nint)stats[i].Field))
            {
                case "kernel" or "user" or "intr":
                    busy += (long)stats[i].ValueNs;
                    break;
                case "idle" or "iowait":
                    idle += (long)stats[i].ValueNs;
                    break;
            }
        }

        return busy + idle == 0 ? null : new HostCpuTime(busy, busy + idle);
    }

    static unsafe Dictionary<string, long> MemoryKiB(LibvirtSession session)
    {
        var count = 0;
        session.Ok(Vir.virNodeGetMemoryStats(session.Connection, AllCells, null, &count, 0), "Cannot read the host's memory");
        var stats = stackalloc VirNodeMemoryStat[count];
        session.Ok(Vir.virNodeGetMemoryStats(session.Connection, AllCells, stats, &count, 0), "Cannot read the host's memory");
        var named = new Dictionary<string, long>();
        for (var i = 0; i < count; i++)
        {
            named[Marshal.PtrToStringUTF8((nint)stats[i].Field) ?? ""] = (long)stats[i].ValueKiB;
        }

        return named;
    }

    const int AllCells = -1;

    // libvirt's versions are major * 1,000,000 + minor * 1,000 + release.
    static string Version(ulong v) => $"{v / 1_000_000}.{v / 1000 % 1000}.{v % 1000}";
}
