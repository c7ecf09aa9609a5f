using System.Diagnostics;
using HvPlatform.Cli.LocalServers;
using HvPlatform.TestKit;

namespace HvPlatform.Benchmarks;

/// <summary>What each process of the distributed platform holds, with the simulated fleet of <c>./hv up --distributed</c> and nothing to do.</summary>
static class MemoryBench
{
    public static async Task RunAsync(BenchReport report)
    {
        // Made by `hv up` itself: the database's user must get through it.
        var data = Path.Combine(Path.GetTempPath(), $"hv-bench-up-{Environment.ProcessId}");
        var port = Ports.Next();
        var up = Process.Start(new ProcessStartInfo(Path.Combine(Repository.Root, "services/cli/bin/Release/net10.0/hv-cli"), ["up", "--distributed", "--port", $"{port}", "--data", data])
        {
            RedirectStandardOutput = true,
        })!;
        try
        {
            up.BeginOutputReadLine();
            using var api = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            var token = Path.Combine(data, "access-token");
            await Eventually.Until(() => up.HasExited || File.Exists(token), "hv up has made its token", 120);
            api.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(token)).Trim());
            await Eventually.Until(() => up.HasExited ? throw new InvalidOperationException("hv up ended; its message is above.") : HasVmsAsync(api), "the platform has its fleet", 120);
            foreach (var (name, mebibytes) in Descendants(up.Id).OrderByDescending(p => p.MiB))
            {
                report.Line($"private memory of {name}", mebibytes, "MiB");
            }
        }
        finally
        {
            if (!up.HasExited)
            {
                using var interrupt = Process.Start("kill", ["-INT", $"{up.Id}"]);
                await up.WaitForExitAsync();
            }

            if (Directory.Exists(data))
            {
                Directory.Delete(data, recursive: true);
            }
        }
    }

    static async Task<bool> HasVmsAsync(HttpClient api)
    {
        try
        {
            return (await api.GetStringAsync("/v1/vms?limit=1")).Contains("\"hostId\"", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>The processes started by a process, directly or not, each with its private resident memory (RssAnon); PostgreSQL's are one figure.</summary>
    static IEnumerable<(string Name, double MiB)> Descendants(int root)
    {
        var parents = new Dictionary<int, int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && Status(id, "PPid") is { } parent)
            {
                parents[id] = (int)parent;
            }
        }

        var ours = new HashSet<int> { root };
        while (parents.Where(p => ours.Contains(p.Value) && ours.Add(p.Key)).ToList().Count > 0)
        {
        }

        return ours.Where(id => id != root).GroupBy(NameOf).Select(g => (g.Key, g.Sum(id => Status(id, "RssAnon") ?? 0) / 1024.0)).Where(p => p.Item2 > 1);
    }

    static string NameOf(int id)
    {
        var command = File.Exists($"/proc/{id}/cmdline") ? File.ReadAllText($"/proc/{id}/cmdline").Split('\0', ' ')[0].TrimEnd(':') : "";
        return command.Length > 0 ? Path.GetFileName(command) : "gone";
    }

    static long? Status(int id, string key)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(l => l.StartsWith(key + ":", StringComparison.Ordinal));
            return line is null ? null : long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
