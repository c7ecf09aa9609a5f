using System.Diagnostics;
using HvPlatform.TestKit;

namespace HvPlatform.Benchmarks;

/// <summary>How long the command-line client takes from the call to its end.</summary>
internal static class FaceClient
{
    const int Runs = 20;

    public static async Task RunAsync(BenchReport report, Platform platform)
    {
        var script = Path.Combine(Repository.Root, "hv");
        var built = Path.Combine(Repository.Root, "services", "cli", "bin", "Release", "net10.0");
        var program = new[] { Path.Combine(built, "ahead", "hv-cli"), Path.Combine(built, "hv-cli") }.FirstOrDefault(File.Exists);
        if (program is null)
        {
            Console.WriteLine("client: skipped. It is not built: ./hv version builds it.");
            return;
        }

        var hello = await HelloAsync();
        var bare = await TimeAsync(platform, hello);
        foreach (var (name, file, aim) in ((string, string, string?)[])[("the program", program, "<= 150 ms"), ("./hv", script, null)])
        {
            foreach (var arguments in (string[][])[["version"], ["vm", "list", "--limit", "50"]])
            {
                var times = await TimeAsync(platform, file, arguments);
                report.Line($"{name} {string.Join(' ', arguments[..Math.Min(2, arguments.Length)])}, p50", FaceBench.Percentile(times, 0.5), "ms", "a .NET program that prints one line", FaceBench.Percentile(bare, 0.5), aim);
                report.Line($"{name} {string.Join(' ', arguments[..Math.Min(2, arguments.Length)])}, p95", FaceBench.Percentile(times, 0.95), "ms", "a .NET program that prints one line", FaceBench.Percentile(bare, 0.95));
            }
        }
    }

    static async Task<double[]> TimeAsync(Platform platform, string file, params string[] arguments)
    {
        var times = new List<double>();
        for (var run = -2; run < Runs; run++)
        {
            var clock = Stopwatch.StartNew();
            await RunAsync(file, arguments, new() { ["HV_URL"] = platform.Api.BaseAddress!.ToString(), ["HV_TOKEN"] = TestAccess.Token });
            if (run >= 0)
            {
                times.Add(clock.Elapsed.TotalMilliseconds);
            }
        }

        return [.. times];
    }

    static async Task RunAsync(string file, string[] arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(file) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await error}");
        }
    }

    /// <summary>The least that a .NET program can do, built like one.</summary>
    static async Task<string> HelloAsync()
    {
        var directory = TemporaryDirectory.Create("hv-hello-");
        await File.WriteAllTextAsync(Path.Combine(directory, "hello.csproj"), """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>""");
        await File.WriteAllTextAsync(Path.Combine(directory, "Program.cs"), "System.Console.WriteLine(\"hello\");");
        await RunAsync("dotnet", ["build", "-c", "Release", "-v", "quiet", "-nologo", "-o", Path.Combine(directory, "out"), Path.Combine(directory, "hello.csproj")], []);
        return Path.Combine(directory, "out", "hello");
    }
}
