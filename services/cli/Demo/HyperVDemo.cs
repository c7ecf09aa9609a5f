using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HvPlatform.ApiClient;
using HvPlatform.Cli.LocalServers;
using HvPlatform.Cli.Platform;
using Spectre.Console;

namespace HvPlatform.Cli.Demo;

/// <summary><c>hv demo --hypervisor hyperv</c>: two hosts of hvsim with VMs on them, found, and one of the VMs moved live with its disks.</summary>
internal sealed class HyperVDemo(IAnsiConsole console, HvApiClient api) : DemoSteps(console, api)
{
    const int Hosts = 2;
    const int VmsOnEach = 3;
    const string User = "Administrator";

    /// <summary>Starts the hosts and the platform, tells the story, and takes all of it down again.</summary>
    public static async Task<int> RunAsync(bool json, CancellationToken cancellationToken)
    {
        var console = json ? DemoConsole.Create(Console.Error, Console.IsErrorRedirected) : DemoConsole.Create(Console.Out, Console.IsOutputRedirected);
        void Say(string line) => console.MarkupLineInterpolated($"[grey]hv:[/] {line}");

        Say("starting two simulated Hyper-V hosts");
        var data = Directory.CreateTempSubdirectory("hv-demo-data-").FullName;
        Reaper.Instance.RemoveDirectory(data);
        await ChildProcess.RunAsync(["chmod", "711", data], cancellationToken: cancellationToken);
        var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var (hosts, addresses) = await StartHostsAsync(data, password, cancellationToken);
        var agents = new Dictionary<string, string>();
        for (var i = 0; i < addresses.Count; i++)
        {
            var agent = $"Hv__Agents__{i}__";
            agents[$"{agent}Driver"] = "hyperv";
            agents[$"{agent}Uri"] = addresses[i];
            agents[$"{agent}HyperV__Authentication"] = "Basic";
            agents[$"{agent}HyperV__AllowUnencrypted"] = "true";
            agents[$"{agent}HyperV__User"] = User;
            agents[$"{agent}HyperV__Password"] = password;
        }

        await using var platform = await LocalPlatform.StartAsync(new() { Data = data, Port = 0, Agents = agents, Say = Say }, cancellationToken);
        using var http = platform.Connect();
        var api = new HvApiClient(http);
        DemoReport report;
        try
        {
            report = await new HyperVDemo(console, api).TellAsync(cancellationToken);
        }
        catch (Exception e) when (e is ApiProblemException or HttpRequestException or LocalServerException or TimeoutException)
        {
            console.WriteLine($"The platform's last lines:\n{platform.LastLines()}");
            throw new LocalServerException($"the demo failed: {e.Message}", e);
        }

        Say("cleaning up");
        await platform.DisposeAsync();
        await hosts.StopAsync(15, TimeSpan.FromSeconds(10));
        if (json)
        {
            Console.WriteLine(report.ToJson());
        }

        return 0;
    }

    static async Task<(ChildProcess Hosts, IReadOnlyList<string> Addresses)> StartHostsAsync(string data, string password, CancellationToken cancellationToken)
    {
        var log = Path.Combine(data, "hvsim.log");
        var program = Path.Combine(Checkout.Root, "infra", "hyperv-simulator", "bin", "Release", "net10.0", "hvsim");
        string Count(int number) => number.ToString(CultureInfo.InvariantCulture);
        var secret = Path.Combine(data, "hvsim.password");
        var access = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            access.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using (var file = new FileStream(secret, access))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes(password), cancellationToken);
        }

        var hosts = ChildProcess.Start(new()
        {
            Name = "hvsim",
            Command = [program, "--hosts", Count(Hosts), "--vms", Count(Hosts * VmsOnEach), "--port", "0", "--user", User, "--password-file", secret],
            LogFile = log,
        });
        string[] Addresses() => !File.Exists(log) ? [] : [.. File.ReadLines(log).Select(line => line.Split(' ')).Where(words => words.Length > 1 && words[1].StartsWith("http://", StringComparison.Ordinal)).Select(words => words[1])];
        await hosts.UntilAsync(() => Task.FromResult(Addresses().Length == Hosts), TimeSpan.FromSeconds(30), cancellationToken);
        return (hosts, Addresses());
    }

    async Task<DemoReport> TellAsync(CancellationToken cancellationToken)
    {
        var (source, destination) = await FindHostsAsync(Hosts, cancellationToken);
        var vm = await ChooseAsync(source, cancellationToken);
        var migration = await MigrateAsync(vm.Id, source, destination, new() { Storage = MigrationStorage.CopyFull, HyperV = new() { Compression = true } }, cancellationToken);
        await ProveAsync(vm, destination, cancellationToken);
        Table(migration);
        var history = await HistoryAsync(vm.Id, cancellationToken);
        return new()
        {
            VmId = vm.Id,
            Source = source.Name,
            Destination = destination.Name,
            TotalMs = migration.TotalMs ?? 0,
            DowntimeMs = migration.DowntimeMs,
            TransferredBytes = migration.TransferredBytes,
            Phases = [.. PhaseTimes(migration).Select(p => new DemoPhase(p.Name, p.Ms))],
            HistoryEvents = history,
        };
    }

    /// <summary>A VM of the source that runs; one is started if none does.</summary>
    async Task<VmSummary> ChooseAsync(HostView source, CancellationToken cancellationToken)
    {
        IReadOnlyList<VmSummary> all = [];
        await UntilAsync(async () => (all = await VmsAsync(cancellationToken)).Count >= Hosts * VmsOnEach, "the hosts' VMs are found", cancellationToken);
        Say($"the platform has found {all.Count} VMs over WS-Management: {string.Join(", ", all.Select(v => $"{v.Name} ({v.State})"))}");
        var here = all.Where(v => v.HostId == source.Id).ToList();
        if (here.Find(v => v.State == VmState.Running) is { } running)
        {
            return running;
        }

        var vm = here[0];
        Say($"starting {vm.Name} on {source.Name}");
        await DoneAsync(await Api.StartVmAsync(vm.Id, cancellationToken: cancellationToken), cancellationToken);
        return vm;
    }

    /// <summary>It runs there, and the fleet has it once.</summary>
    async Task ProveAsync(VmSummary vm, HostView destination, CancellationToken cancellationToken)
    {
        await UntilAsync(
            async () => (await VmsAsync(cancellationToken)).Where(v => v.Id == vm.Id).ToList() is [{ State: VmState.Running } there] && there.HostId == destination.Id,
            "the inventory has the VM running on the destination, once",
            cancellationToken);
        Say($"{vm.Name} runs on {destination.Name}, and nowhere else");
    }

    async Task<IReadOnlyList<VmSummary>> VmsAsync(CancellationToken cancellationToken) =>
        (await Api.ListVmsAsync(cancellationToken: cancellationToken)).Value.Items;
}
