using System.Globalization;
using HvPlatform.TestKit;

namespace HvPlatform.Chaos.World;

/// <summary>What runs on one libvirt host, seen from the machine: its first process, its libvirtd, its guests.</summary>
sealed class HostProcesses(LibvirtHosts hosts, int host)
{
    const int FirstMigrationPort = 49152, PortsPerHost = 100;
    const string Listening = "0A";

    string Folder => $"{Path.GetDirectoryName(hosts.SharedFolder)}/host-{host}";

    /// <summary>The host's first process, or null while the host is without power.</summary>
    public int? Init => File.Exists($"{Folder}/init.pid") && int.TryParse(File.ReadAllText($"{Folder}/init.pid"), out var pid) && Directory.Exists($"/proc/{pid}") ? pid : null;

    /// <summary>The host's log folder.</summary>
    public string Logs => $"{Folder}/log";

    /// <summary>How much a guest has printed on its serial console here.</summary>
    public long SerialLength(string vm) => new FileInfo($"{Logs}/{vm}.log") is { Exists: true } log ? log.Length : 0;

    /// <summary>The host's libvirtd, or null while there is none.</summary>
    public int? Daemon
    {
        get
        {
            var children = Init is { } init ? Read($"/proc/{init}/task/{init}/children") : "";
            foreach (var pid in children.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse))
            {
                if (Read($"/proc/{pid}/comm").Trim() == "libvirtd")
                {
                    return pid;
                }
            }

            return null;
        }
    }

    /// <summary>The QEMU processes of a VM on this host.</summary>
    public IReadOnlyList<int> Qemu(Guid vm)
    {
        if (Init is not { } init || Namespace(init) is not { } here)
        {
            return [];
        }

        return [.. Directory.EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(p => int.TryParse(p, out _) && Read($"/proc/{p}/cmdline").Contains($"-uuid\0{vm:D}", StringComparison.Ordinal))
            .Select(p => int.Parse(p!, CultureInfo.InvariantCulture))
            .Where(p => Namespace(p) == here)];
    }

    /// <summary>The ports on which something waits for an incoming migration.</summary>
    public IReadOnlyList<int> MigrationListeners()
    {
        var first = FirstMigrationPort + (host * PortsPerHost);
        return Init is not { } init
            ? []
            : [.. Read($"/proc/{init}/net/tcp").Split('\n').Skip(1)
                .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(f => f.Length > 3 && f[3] == Listening)
                .Select(f => int.Parse(f[1].Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture))
                .Where(p => p >= first && p < first + PortsPerHost)];
    }

    static string? Namespace(int pid)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{pid}/ns/pid", returnFinalTarget: false)?.Name;
        }
        catch (IOException)
        {
            return null;
        }
    }

    static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
