using System.Diagnostics;
using HvPlatform.Cli.LocalServers;

namespace HvPlatform.Cli.Demo;

/// <summary>Two libvirt hosts on this machine and the test guest, made with the scripts in infra/libvirt; gone when this process ends, however it ends.</summary>
internal sealed class DemoHosts : IAsyncDisposable
{
    /// <summary>How many.</summary>
    public const int Count = 2;

    const int SigTerm = 15;
    readonly Dictionary<string, string> _environment;
    readonly ChildProcess _guard;

    DemoHosts(string directory)
    {
        Directory = directory;
        _environment = new() { ["BASE"] = directory };

        // Takes the hosts down and removes the directory when it is told to, or when this process is gone.
        _guard = ChildProcess.Start(new()
        {
            Name = "libvirt hosts",
            Command = [Script("hosts.sh"), "guard"],
            LogFile = "/dev/null",
            Environment = _environment,
            EndSignal = "TERM",
        });
    }

    /// <summary>What belongs to the hosts; disks that both reach are under <c>shared</c>.</summary>
    public string Directory { get; }

    /// <summary>Disks that both hosts reach.</summary>
    public string Shared => Path.Combine(Directory, "shared");

    /// <summary>Starts them.</summary>
    public static async Task<DemoHosts> StartAsync(CancellationToken cancellationToken)
    {
        var hosts = new DemoHosts(System.IO.Directory.CreateTempSubdirectory("hv-demo-").FullName);
        try
        {
            await hosts.RunAsync(["hosts.sh", "up", $"{Count}"], cancellationToken);
            return hosts;
        }
        catch
        {
            await hosts.DisposeAsync();
            throw;
        }
    }

    /// <summary>The libvirt URI of host 1 or 2 for this process.</summary>
    public async Task<string> UriAsync(int host) => (await RunAsync(["hosts.sh", "uri", $"{host}"], default)).Trim();

    /// <summary>The libvirt URI of a host for the other host.</summary>
    public async Task<string> MigrationUriAsync(int host) => (await RunAsync(["hosts.sh", "migration-uri", $"{host}"], default)).Trim();

    /// <summary>Builds the test guest's disk and returns its definition; the guest dirties so many pages of 4 KiB 18.2 times a second.</summary>
    public async Task<string> BuildGuestAsync(string name, int pagesPerTick, int memoryMiB, CancellationToken cancellationToken)
    {
        var disk = Path.Combine(Shared, $"{name}.qcow2");
        await RunAsync(["guest-build.sh", disk, $"{pagesPerTick}", $"{memoryMiB}", "64"], cancellationToken);
        return await RunAsync(["guest-xml.sh", name, $"{memoryMiB}", disk], cancellationToken);
    }

    /// <summary>Runs virsh against a host and returns what it printed and how long it took.</summary>
    public async Task<(string Output, TimeSpan Took)> VirshAsync(int host, string[] arguments, CancellationToken cancellationToken)
    {
        var uri = await UriAsync(host);
        var clock = Stopwatch.StartNew();
        var output = await ChildProcess.RunAsync(["virsh", "-q", "-c", uri, .. arguments], cancellationToken: cancellationToken);
        return (output, clock.Elapsed);
    }

    /// <summary>What the guest has printed on its serial port while on this host.</summary>
    public string Serial(int host, string guest)
    {
        var log = Path.Combine(Directory, $"host-{host}", "log", $"{guest}.log");
        return File.Exists(log) ? File.ReadAllText(log) : "";
    }

    /// <summary>Stops hosts and guests and removes the directory.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_guard.Exited.IsCompleted)
        {
            await _guard.StopAsync(SigTerm, TimeSpan.FromSeconds(15));
        }
    }

    static string Script(string name) => Path.Combine(Checkout.Root, "infra", "libvirt", name);

    Task<string> RunAsync(string[] command, CancellationToken cancellationToken) =>
        ChildProcess.RunAsync([Script(command[0]), .. command[1..]], environment: _environment, cancellationToken: cancellationToken);
}
