using HvPlatform.Cli;

namespace HvPlatform.UnitTests.Cli;

/// <summary>A run of the command line within this process, against a scripted API.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    /// <param name="api">The platform.</param>
    /// <param name="args">What is typed after hv.</param>
    public static Task<CliRun> Async(ScriptedApi api, params string[] args) => Async(api, [], args);

    /// <param name="api">The platform.</param>
    /// <param name="environment">Environment variables; there are no others.</param>
    /// <param name="args">What is typed after hv.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="interactive">Whether a person can be asked.</param>
    /// <param name="cancellationToken">Ctrl-C.</param>
    public static async Task<CliRun> Async(
        ScriptedApi api, Dictionary<string, string> environment, string[] args, string input = "", bool interactive = false, CancellationToken cancellationToken = default)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var host = new CliHost
        {
            Out = output,
            Error = error,
            In = new StringReader(input),
            IsInteractive = interactive,
            Variable = name => environment.GetValueOrDefault(name) ?? (name == "HV_CONFIG" ? "/nonexistent/hv.yaml" : null),
            Network = api,
        };
        return new(await HvCli.RunAsync(args, host, cancellationToken), output.ToString(), error.ToString());
    }
}
