using System.Runtime.InteropServices;

namespace HvPlatform.HyperVSimulator;

/// <summary>The Hyper-V host simulator.</summary>
public static class Program
{
    /// <summary>Starts the hosts, says where they listen, and runs until Ctrl-C or SIGTERM.</summary>
    public static async Task<int> Main(string[] args)
    {
        HyperVFleetOptions? options;
        try
        {
            options = CommandLine.Parse(args);
        }
        catch (FormatException error)
        {
            await Console.Error.WriteLineAsync($"hvsim: {error.Message} Try hvsim --help.");
            return 2;
        }

        if (options is null)
        {
            await Console.Out.WriteAsync(CommandLine.Help);
            return 0;
        }

        using var ending = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            await using var fleet = await HyperVFleet.StartAsync(options, ending.Token, new StartProgress(options.Vms, options.Clock, Console.Out));
            foreach (var host in fleet.Hosts)
            {
                await Console.Out.WriteLineAsync($"{host.Name} {host.Address}{(host.SecureAddress is { } secure ? $" {secure}" : string.Empty)}");
            }

            if (fleet.ControlAddress is { } control)
            {
                await Console.Out.WriteLineAsync($"control {control}");
            }

            await Console.Out.WriteLineAsync($"hvsim: {(fleet.Hosts.Count == 1 ? "1 host is up" : $"{fleet.Hosts.Count} hosts are up")}. Ctrl-C ends.");
            await Task.Delay(Timeout.InfiniteTimeSpan, ending.Token);
            return 0;
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            await Console.Out.WriteLineAsync("hvsim: ending.");
            return 0;
        }
        catch (Exception error) when (error is IOException or ArgumentException)
        {
            await Console.Error.WriteLineAsync($"hvsim: {error.Message}");
            return 1;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            ending.Cancel();
        }
    }
}
