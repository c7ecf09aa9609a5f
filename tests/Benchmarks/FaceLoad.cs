using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using HvPlatform.TestKit;

namespace HvPlatform.Benchmarks;

/// <summary>The API under load: requests of 50 clients at once, and the memory of 50 open dashboards.</summary>
internal static partial class FaceLoad
{
    const int Dashboards = 50;

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex Slowest();

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (\d+)")]
    private static partial Regex Refused();

    public static async Task RunAsync(BenchReport report, Platform platform)
    {
        if (File.Exists("/usr/bin/wrk"))
        {
            var file = await LoadAsync(platform, "/icon.svg");
            foreach (var (name, path) in ((string, string)[])[("list of 50 VMs", "/v1/vms?limit=50"), ("search in 25,040 VMs, 50 found", "/v1/vms?limit=50&search=many-0042"), ("one VM", $"/v1/vms/{await AnyVmAsync(platform)}")])
            {
                var (rate, slowest) = await LoadAsync(platform, path);
                report.Line($"{name}, 50 clients at once", rate, "requests/s", "a static file of the same server", file.Rate);
                report.Line($"{name}, 50 clients at once, p99", slowest, "ms", "a static file of the same server", file.P99);
            }
        }
        else
        {
            Console.WriteLine("load: skipped. wrk is not installed (apt-get install wrk).");
        }

        await MemoryAsync(report, platform);
    }

    static async Task<Guid> AnyVmAsync(Platform platform) => (await platform.ListAsync("/v1/vms?limit=1"))[0].GetProperty("id").GetGuid();

    static async Task<(double Rate, double P99)> LoadAsync(Platform platform, string path)
    {
        var start = new ProcessStartInfo("wrk") { RedirectStandardOutput = true };
        foreach (var argument in (string[])["-t2", "-c50", "-d6s", "--latency", "-H", $"Authorization: {TestAccess.Header}", new Uri(platform.Api.BaseAddress!, path).ToString()])
        {
            start.ArgumentList.Add(argument);
        }

        using var wrk = Process.Start(start)!;
        var output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        if (Refused().Match(output) is { Success: true } refused)
        {
            throw new InvalidOperationException($"{path}: {refused.Groups[1].Value} requests were refused: {output}");
        }

        var p99 = Slowest().Match(output);
        var scale = p99.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };
        return (double.Parse(Rate().Match(output).Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(p99.Groups[1].Value, CultureInfo.InvariantCulture) * scale);
    }

    /// <summary>What 50 open dashboards do: each an event stream of its own, and the reads of a list every few seconds while VMs change.</summary>
    static async Task MemoryAsync(BenchReport report, Platform platform)
    {
        var before = Memory();
        using var ended = new CancellationTokenSource();
        var streams = Enumerable.Range(0, Dashboards).Select(_ => FollowAsync(platform, ended.Token)).ToList();
        var vms = (await platform.ListAsync("/v1/vms?search=sim-0002&state=Running&limit=200")).Select(v => v.GetProperty("id").GetGuid()).ToList();
        for (var round = 0; round < 6; round++)
        {
            foreach (var vm in vms)
            {
                await platform.EndOfAsync(await platform.AcceptAsync($"/v1/vms/{vm}/{(round % 2 == 0 ? "pause" : "resume")}"));
            }

            await Task.WhenAll(Enumerable.Range(0, Dashboards).Select(_ => platform.GetAsync("/v1/vms?limit=200")));
        }

        var during = Memory();
        await ended.CancelAsync();
        var events = (await Task.WhenAll(streams)).ToList();
        report.Line("memory of the whole platform with 25,040 VMs in its inventory", before, "MiB");
        report.Line($"memory that {Dashboards} open dashboards add (their clients are in the process, too)", during - before, "MiB");
        report.Line("events that each of them was told, the fewest", events.Min(), "events", "the most", events.Max());

        static double Memory()
        {
            GC.Collect();
            using var process = Process.GetCurrentProcess();
            return process.WorkingSet64 / 1048576.0;
        }
    }

    static async Task<double> FollowAsync(Platform platform, CancellationToken ended)
    {
        var events = 0;
        try
        {
            using var http = TestAccess.Client(platform.Api.BaseAddress!);
            http.Timeout = Timeout.InfiniteTimeSpan;
            using var reader = new StreamReader(await http.GetStreamAsync("/v1/events?live=true", ended));
            while (await reader.ReadLineAsync(ended) is { } line)
            {
                events += line.StartsWith("event:", StringComparison.Ordinal) ? 1 : 0;
            }
        }
        catch (OperationCanceledException)
        {
            // The measurement is over.
        }

        return events;
    }
}
