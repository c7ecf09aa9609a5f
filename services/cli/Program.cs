using System.CommandLine;
using System.Runtime.InteropServices;
using HvPlatform.Cli.Client;
using HvPlatform.Cli.Demo;
using HvPlatform.Cli.LocalServers;
using HvPlatform.Cli.Testing;
using HvPlatform.Cli.Up;

const int WrongUsage = 2;
var root = new RootCommand("HvPlatform: a control plane for fleets of Hyper-V and KVM hosts.")
{
    UpCommand.Create(),
    DemoCommand.Create(),
    TestCommand.Create(),
};
foreach (var command in ClientCommands.Create())
{
    root.Add(command);
}

root.Add(HvApi.TokenOption);

// The first signal asks for an orderly stop, the second ends at once (the reaper then cleans up).
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
try
{
    var parsed = root.Parse(args);
    HvApi.GivenToken = parsed.GetValue(HvApi.TokenOption);
    var exitCode = await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop.Token);
    return parsed.Errors.Count > 0 ? WrongUsage : exitCode;
}
catch (Exception e) when (stop.IsCancellationRequested && e is (OperationCanceledException or LocalServerException))
{
    return 130;
}
catch (ApiException e)
{
    Console.Error.WriteLine($"hv: {e.Message}");
    return e.ExitCode;
}
catch (Exception e) when (e is LocalServerException or FileNotFoundException)
{
    Console.Error.WriteLine($"hv: {e.Message}");
    return 1;
}

void Stop(PosixSignalContext signal)
{
    if (!stop.IsCancellationRequested)
    {
        signal.Cancel = true;
        stop.Cancel();
    }
}
