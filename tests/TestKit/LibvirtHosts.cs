using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using HvPlatform.Cli.LocalServers;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Libvirt;

namespace HvPlatform.TestKit;

/// <summary>
/// Real libvirt hosts on this machine (infra/libvirt/hosts.sh), each with its own libvirtd; guests run in emulation. Gone after the test process,
/// however it ends. Hosts are numbered from 1.
/// </summary>
public sealed class LibvirtHosts : IAsyncDisposable
{
    /// <summary>Pages a busy guest dirties per tick of 18.2 Hz: 256 are 19 MB/s.</summary>
    const int BusyPagesPerTick = 256;

    static readonly string[] s_programs = ["libvirtd", "virsh", "qemu-system-x86_64", "qemu-img", "as", "ld", "ip", "unshare", "nsenter"];
    static int s_sets;
    readonly string _base;
    readonly int _count;
    readonly Dictionary<string, string> _environment;
    readonly ChildProcess _guard;
    readonly ConcurrentDictionary<(int Rate, long MemoryMiB, bool Counting), Lazy<Task<string>>> _images = new();
    int _disks;

    LibvirtHosts(string folder, int count, Dictionary<string, string> environment, ChildProcess guard) =>
        (_base, _count, _environment, _guard) = (folder, count, environment, guard);

    /// <summary>Why this machine cannot run them, in words, or null if it can.</summary>
    public static string? WhyNot()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "Real libvirt hosts need root (network and PID namespaces).";
        }

        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin");
        var missing = s_programs.Where(p => !folders.Any(f => File.Exists(Path.Combine(f, p)))).ToList();
        return missing.Count == 0 ? null : $"Not installed: {string.Join(", ", missing)}. Packages: libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 qemu-utils binutils iproute2.";
    }

    /// <summary>Starts so many hosts. With <paramref name="ownNetworks"/> each has a network of its own whose link can be cut.</summary>
    public static async Task<LibvirtHosts> StartAsync(int count, bool ownNetworks = false)
    {
        // Short: a unix socket's path may have 107 bytes.
        var folder = $"/tmp/hvl-{Environment.ProcessId}-{Interlocked.Increment(ref s_sets)}";
        var environment = new Dictionary<string, string> { ["BASE"] = folder };
        if (ownNetworks)
        {
            environment["PERHOST"] = "1";
        }

        Directory.CreateDirectory(folder);
        var guard = ChildProcess.Start(new ChildProcessOptions
        {
            Name = "libvirt hosts' guard",
            Command = [Script("hosts.sh"), "guard"],
            LogFile = "/dev/null",
            Environment = environment,
            EndSignal = "TERM",
        });
        var hosts = new LibvirtHosts(folder, count, environment, guard);
        await hosts.RunAsync("up", Number(count));
        return hosts;
    }

    /// <summary>The folder all hosts share.</summary>
    public string SharedFolder => $"{_base}/shared";

    /// <summary>A folder of the same path on each host with contents of its own.</summary>
    public const string PrivateFolder = "/var/lib/libvirt/images";

    /// <summary>The libvirt URI of a host for a program on this machine.</summary>
    public string Uri(int host) => $"qemu+unix:///system?socket={_base}/host-{host}/run/libvirt-sock";

    /// <summary>Options for a driver of a host; VMs log their serial console on the host.</summary>
    public async Task<LibvirtOptions> OptionsAsync(int host) => new()
    {
        Uri = Uri(host),
        MigrationUri = (await RunAsync("migration-uri", Number(host))).Trim(),
        SharedPaths = [SharedFolder],
        HostRoot = $"{_base}/host-{host}/root",
        ForceEmulation = true,
        SerialLogFolder = "/var/log/libvirt",
    };

    /// <summary>A driver of a host.</summary>
    public async Task<LibvirtDriver> ConnectAsync(int host) => await LibvirtDriver.ConnectAsync(await OptionsAsync(host));

    /// <summary>What a VM has printed on its serial console on this host; empty if it never ran here.</summary>
    public string SerialLog(int host, string vm)
    {
        var log = $"{_base}/host-{host}/log/{vm}.log";
        return File.Exists(log) ? File.ReadAllText(log) : "";
    }

    /// <summary>Removes what VMs of this name, now gone, have printed.</summary>
    public void ForgetSerialLogs(string vm)
    {
        for (var host = 1; host <= _count; host++)
        {
            File.Delete($"{_base}/host-{host}/log/{vm}.log");
        }
    }

    /// <summary>
    /// A spec of the test guest with a disk of its own in the shared folder. A counting guest writes a growing number to its disk and its serial
    /// console, 18 times a second; <see cref="GuestCounter"/> reads both.
    /// </summary>
    public async Task<VmSpec> NewSpecAsync(string name, bool busy = false, long memoryMiB = 128, bool counting = false)
    {
        var disk = $"{SharedFolder}/{name}-{Interlocked.Increment(ref _disks)}.qcow2";
        File.Copy(await ImageAsync(busy, memoryMiB, counting), disk);
        return Spec(name, memoryMiB, disk);
    }

    /// <summary>
    /// As <see cref="NewSpecAsync"/> with the disk in a folder that is each host's own. With <paramref name="onBase"/> the disk is an overlay of a base
    /// image that every host has.
    /// </summary>
    public async Task<VmSpec> NewPrivateSpecAsync(int host, string name, bool busy = false, long memoryMiB = 128, bool counting = false, bool onBase = false)
    {
        var image = await ImageAsync(busy, memoryMiB, counting);
        var disk = $"{PrivateFolder}/{name}-{Interlocked.Increment(ref _disks)}.qcow2";
        for (var i = 1; i <= _count; i++)
        {
            Directory.CreateDirectory(OnHost(i, PrivateFolder));
            if (onBase && !File.Exists(OnHost(i, $"{PrivateFolder}/{Path.GetFileName(image)}")))
            {
                File.Copy(image, OnHost(i, $"{PrivateFolder}/{Path.GetFileName(image)}"));
            }
        }

        if (onBase)
        {
            await ChildProcess.RunAsync(["qemu-img", "create", "-q", "-f", "qcow2", "-b", Path.GetFileName(image), "-F", "qcow2", OnHost(host, disk)]);
        }
        else
        {
            File.Copy(image, OnHost(host, disk));
        }

        return Spec(name, memoryMiB, disk);
    }

    /// <summary>Where this machine's programs find a host's file.</summary>
    public string OnHost(int host, string path) => path.StartsWith("/var/lib/libvirt/", StringComparison.Ordinal)
        ? $"{_base}/host-{host}/lib/{path["/var/lib/libvirt/".Length..]}"
        : path;

    /// <summary>A disk in the shared folder whose guest writes so many pages per tick of 18.2 Hz, from 2 MiB to 8 MiB below <paramref name="upToMiB"/>.</summary>
    public async Task<string> NewDiskAsync(string name, int pagesPerTick, long upToMiB)
    {
        var disk = $"{SharedFolder}/{name}-{Interlocked.Increment(ref _disks)}.qcow2";
        File.Copy(await _images.GetOrAdd((pagesPerTick, upToMiB, false), k => new(() => BuildAsync(k.Rate, k.MemoryMiB, k.Counting))).Value, disk);
        return disk;
    }

    /// <summary>Types on a VM's serial console.</summary>
    public async Task TypeAsync(int host, string vm, string text)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint($"{_base}/host-{host}/run/{vm}.serial"));
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(text));
    }

    /// <summary>The test guest's domain XML (infra/libvirt/guest-xml.sh).</summary>
    public Task<string> DomainXmlAsync(string name, long memoryMiB, string disk) =>
        ChildProcess.RunAsync([Script("guest-xml.sh"), name, memoryMiB.ToString(CultureInfo.InvariantCulture), disk]);

    /// <summary>Power loss: the host's libvirtd and its guests die together.</summary>
    public Task CrashAsync(int host) => RunAsync("crash", Number(host));

    /// <summary>A crashed host starts again.</summary>
    public Task StartAgainAsync(int host) => RunAsync("start", Number(host), Number(_count));

    /// <summary><c>kill -9</c> of the host's libvirtd alone; it starts again at once.</summary>
    public Task KillDaemonAsync(int host) => RunAsync("kill-daemon", Number(host));

    /// <summary>Holds up the host's libvirtd, or lets it go on.</summary>
    public Task HoldDaemonAsync(int host, bool held) => RunAsync("kill-daemon", Number(host), held ? "STOP" : "CONT");

    /// <summary>Cuts or plugs the network link of a host that has a network of its own.</summary>
    public Task SetLinkAsync(int host, bool up) => RunAsync("link", Number(host), up ? "up" : "down");

    /// <summary>How many QEMU processes of this machine run a VM of this id.</summary>
    public static int QemuProcesses(Guid vm) => Directory.EnumerateDirectories("/proc").Count(p => CommandLine(p).Contains($"-uuid\0{vm:D}", StringComparison.Ordinal));

    /// <summary>Gives a VM's QEMU a monitor command without arguments, behind libvirt's back.</summary>
    public Task<string> MonitorAsync(int host, string vm, string command) => VirshAsync(host, "qemu-monitor-command", vm, $"{{\"execute\":\"{command}\"}}");

    /// <summary>Runs qemu-img and returns what it prints.</summary>
    public static Task<string> QemuImgAsync(params string[] arguments) => ChildProcess.RunAsync(["qemu-img", .. arguments]);

    /// <summary>Runs virsh on a host and returns what it prints.</summary>
    public Task<string> VirshAsync(int host, params string[] arguments) => ChildProcess.RunAsync(["virsh", "-q", "-c", Uri(host), .. arguments]);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _guard.StopAsync(15, TimeSpan.FromSeconds(30));

    Task<string> RunAsync(params string[] arguments) => ChildProcess.RunAsync([Script("hosts.sh"), .. arguments], environment: _environment);

    Task<string> ImageAsync(bool busy, long memoryMiB, bool counting) =>
        _images.GetOrAdd((busy ? BusyPagesPerTick : 0, memoryMiB, counting), k => new(() => BuildAsync(k.Rate, k.MemoryMiB, k.Counting))).Value;

    async Task<string> BuildAsync(int rate, long memoryMiB, bool counting)
    {
        var image = $"{SharedFolder}/guest-{rate}-{memoryMiB}{(counting ? "-counting" : "")}.qcow2";
        await ChildProcess.RunAsync([Script("guest-build.sh"), image, Number(rate), memoryMiB.ToString(CultureInfo.InvariantCulture), "16", counting ? "1" : "0"]);
        return image;
    }

    static VmSpec Spec(string name, long memoryMiB, string disk) =>
        new() { Name = name, Vcpus = 1, MemoryMiB = memoryMiB, Disks = [new VmDisk { Target = "vda", Source = disk, Format = "qcow2" }] };

    static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/cmdline");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    static string Script(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists($"{folder.FullName}/HvPlatform.sln"))
        {
            folder = folder.Parent;
        }

        return $"{folder?.FullName ?? throw new InvalidOperationException("HvPlatform.sln is in no folder above the tests.")}/infra/libvirt/{name}";
    }

    static string Number(int n) => n.ToString(CultureInfo.InvariantCulture);
}
