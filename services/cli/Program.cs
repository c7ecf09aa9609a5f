using System.CommandLine;
using HvPlatform.Cli.LocalServers;
using HvPlatform.Cli.Testing;

var root = new RootCommand("HvPlatform: a control plane for fleets of Hyper-V and KVM hosts.")
{
    TestCommand.Create(),
};

try
{
    return await root.Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false });
}
catch (OperationCanceledException)
{
    return 130;
}
catch (Exception e) when (e is LocalServerException or FileNotFoundException)
{
    Console.Error.WriteLine($"hv: {e.Message}");
    return 1;
}
