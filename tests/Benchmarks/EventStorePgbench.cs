using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace HvPlatform.Benchmarks;

/// <summary>PostgreSQL's own load generator on the same server: what the figures of the event store are compared with.</summary>
sealed partial class EventStorePgbench(string program, NpgsqlConnectionStringBuilder database)
{
    /// <summary>Null where the program is not installed.</summary>
    internal static EventStorePgbench? Find(string connectionString)
    {
        var places = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Concat(Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(d => Path.Combine(d, "bin")) : []);
        var program = places.Select(p => Path.Combine(p, "pgbench")).FirstOrDefault(File.Exists);
        return program is null ? null : new EventStorePgbench(program, new NpgsqlConnectionStringBuilder(connectionString));
    }

    /// <summary>Transactions per second of a script run by <paramref name="clients"/> connections, prepared, without the time to connect.</summary>
    internal async Task<double> RunAsync(string script, int clients, int seconds)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, script);
            var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
            string[] arguments = ["-h", database.Host!, "-p", $"{database.Port}", "-U", database.Username!, "-n", "-M", "prepared", "-c", $"{clients}", "-j", $"{Math.Min(clients, 2)}", "-T", $"{seconds}", "-f", file, database.Database!];
            foreach (var argument in arguments)
            {
                start.ArgumentList.Add(argument);
            }

            start.Environment["PGPASSWORD"] = database.Password ?? "";
            start.Environment["PGOPTIONS"] = $"-c search_path={database.SearchPath}";
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            var match = Tps().Match(output);
            return process.ExitCode == 0 && match.Success
                ? double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
                : throw new InvalidOperationException($"pgbench failed ({process.ExitCode}): {await error}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [GeneratedRegex(@"tps = ([0-9.]+) \(without initial connection time\)")]
    private static partial Regex Tps();
}
