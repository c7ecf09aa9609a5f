using System.Diagnostics;
using System.Runtime.InteropServices;

namespace HvPlatform.Cli.LocalServers;

/// <summary>How to start a child.</summary>
internal sealed record ChildProcessOptions
{
    /// <summary>Its name, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>Program and arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Where its output goes.</summary>
    public required string LogFile { get; init; }

    /// <summary>Variables added to the environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The user it runs as when this process is root; null to stay as is.</summary>
    public string? User { get; init; }

    /// <summary>The signal that ends it when this process dies: <c>KILL</c> for what is thrown away anyway.</summary>
    public string EndSignal { get; init; } = "KILL";

    /// <summary>Its working directory.</summary>
    public string? WorkingDirectory { get; init; }
}

/// <summary>
/// A child in a session of its own (a Ctrl-C at the terminal does not reach it) that never outlives this process: it waits for a go until the
/// <see cref="Reaper"/> knows its pid, and only then becomes the program.
/// </summary>
internal sealed class ChildProcess
{
    const string Script = "log=$1; shift; read -r go || exit 1; exec \"$@\" </dev/null >>\"$log\" 2>&1";
    const int SigKill = 9;
    readonly Process _process;

    ChildProcess(ChildProcessOptions options, Process process)
    {
        Options = options;
        _process = process;
        Exited = AwaitExitAsync();
    }

    /// <summary>How it was started.</summary>
    public ChildProcessOptions Options { get; }

    /// <summary>Its pid, which is the program's own: no shell stays in between.</summary>
    public int Pid => _process.Id;

    /// <summary>Completes with the exit code when it ends, for whatever reason.</summary>
    public Task<int> Exited { get; }

    /// <summary>Starts it.</summary>
    public static ChildProcess Start(ChildProcessOptions options)
    {
        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true, WorkingDirectory = options.WorkingDirectory ?? "/" };
        foreach (var argument in (string[])["sh", "-c", Script, "sh", options.LogFile, .. As(options.User), .. options.Command])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in options.Environment)
        {
            start.Environment[name] = value;
        }

        var reaper = Reaper.Instance;
        var process = Process.Start(start) ?? throw new LocalServerException($"Could not start {options.Name}.");
        reaper.Watch(process.Id, options.EndSignal);
        var child = new ChildProcess(options, process);
        process.StandardInput.WriteLine();
        process.StandardInput.Close();
        return child;
    }

    /// <summary>The command prefix that changes to a user when this process is root, else nothing.</summary>
    public static IReadOnlyList<string> As(string? user) =>
        user is not null && Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={user}", $"--regid={user}", "--init-groups", "--"] : [];

    /// <summary>Runs a short command to its end and returns its output; a non-zero exit code throws with what it printed.</summary>
    public static async Task<string> RunAsync(
        IReadOnlyList<string> command, string? user = null, IReadOnlyDictionary<string, string>? environment = null, CancellationToken cancellationToken = default)
    {
        string[] all = [.. As(user), .. command];
        var start = new ProcessStartInfo(all[0]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = "/" };
        foreach (var argument in all[1..])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new LocalServerException($"Could not start {command[0]}.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? await output
            : throw new LocalServerException($"`{string.Join(' ', command)}` ended with exit code {process.ExitCode}:\n{await output}{await error}".TrimEnd());
    }

    /// <summary>Signals it and waits; after the time allowed kills it. Returns true if it ended by the signal alone.</summary>
    public async Task<bool> StopAsync(int signal, TimeSpan patience)
    {
        _ = Kill(Pid, signal);
        try
        {
            await Exited.WaitAsync(patience);
            return true;
        }
        catch (TimeoutException)
        {
            await KillAsync();
            return false;
        }
    }

    /// <summary>Power loss: SIGKILL; returns when it is gone.</summary>
    public async Task KillAsync()
    {
        if (!Exited.IsCompleted)
        {
            _ = Kill(Pid, SigKill);
        }

        await Exited;
    }

    /// <summary>The last lines of its log.</summary>
    public string LastLines(int count = 15)
    {
        try
        {
            return string.Join('\n', File.ReadLines(Options.LogFile).TakeLast(count));
        }
        catch (IOException e)
        {
            return $"({e.Message})";
        }
    }

    /// <summary>Waits until the child is ready; if it ends before, throws with its last log lines.</summary>
    public async Task UntilAsync(Func<Task<bool>> ready, TimeSpan patience, CancellationToken cancellationToken = default)
    {
        var clock = Stopwatch.StartNew();
        while (!await ready())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Exited.IsCompleted)
            {
                throw new LocalServerException($"{Options.Name} ended with exit code {await Exited} while starting. Its last lines ({Options.LogFile}):\n{LastLines()}");
            }

            if (clock.Elapsed > patience)
            {
                throw new LocalServerException($"{Options.Name} is not ready after {patience.TotalSeconds:0} s. Its last lines ({Options.LogFile}):\n{LastLines()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    async Task<int> AwaitExitAsync()
    {
        await _process.WaitForExitAsync();
        Reaper.Instance.Forget(Pid);
        return _process.ExitCode;
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    static extern int Kill(int pid, int signal);
}
