using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.LocalServers;
using HvPlatform.Cli.Platform;
using Spectre.Console;

namespace HvPlatform.Cli.Demo;

/// <summary><c>hv demo</c>: a VM moved live between two hosts on this machine, through the REST API: a real QEMU guest under libvirt, or one of simulated Hyper-V hosts.</summary>
internal static class DemoCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object to standard output; everything else goes to standard error." };
        var hypervisor = new Option<string>("--hypervisor")
        {
            Description = "libvirt: a real VM between two libvirt hosts, compared with plain virsh (needs root). hyperv: between two simulated Hyper-V hosts that speak WS-Management.",
            DefaultValueFactory = _ => "libvirt",
        };
        hypervisor.AcceptOnlyFromAmong("libvirt", "hyperv");
        var command = new Command("demo", "Live-migrates a VM between two hosts on this machine.") { hypervisor, json };
        command.SetAction((parsed, cancellationToken) => parsed.GetValue(hypervisor) == "hyperv" ? HyperVDemo.RunAsync(parsed.GetValue(json), cancellationToken) : RunAsync(parsed.GetValue(json), cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(bool json, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new LocalServerException("The demo starts two libvirt daemons in namespaces of their own, which needs root: sudo ./hv demo");
        }

        var console = json ? DemoConsole.Create(Console.Error, Console.IsErrorRedirected) : DemoConsole.Create(Console.Out, Console.IsOutputRedirected);
        void Say(string line) => console.MarkupLineInterpolated($"[grey]hv:[/] {line}");

        Say("starting two libvirt hosts");
        await using var hosts = await DemoHosts.StartAsync(cancellationToken);
        var agents = new Dictionary<string, string>();
        for (var i = 0; i < DemoHosts.Count; i++)
        {
            var agent = $"Hv__Agents__{i}__";
            agents[$"{agent}Driver"] = "libvirt";
            agents[$"{agent}Uri"] = await hosts.UriAsync(i + 1);
            agents[$"{agent}MigrationUri"] = await hosts.MigrationUriAsync(i + 1);
            agents[$"{agent}SharedPaths__0"] = hosts.Shared;
        }

        var data = Directory.CreateTempSubdirectory("hv-demo-data-").FullName;
        Reaper.Instance.RemoveDirectory(data);
        await ChildProcess.RunAsync(["chmod", "711", data], cancellationToken: cancellationToken);
        await using var platform = await LocalPlatform.StartAsync(new() { Data = data, Port = 0, Agents = agents, Say = Say }, cancellationToken);
        using var http = platform.Connect();
        var api = new HvApiClient(http);
        DemoReport report;
        try
        {
            report = await new DemoRun(console, hosts, api).RunAsync(cancellationToken);
        }
        catch (Exception e) when (e is ApiProblemException or HttpRequestException or LocalServerException or TimeoutException)
        {
            console.WriteLine($"The platform's last lines:\n{platform.LastLines()}");
            throw new LocalServerException($"the demo failed: {e.Message}", e);
        }

        Say("cleaning up");
        await platform.DisposeAsync();
        await hosts.DisposeAsync();
        if (json)
        {
            Console.WriteLine(report.ToJson());
        }

        return 0;
    }
}
