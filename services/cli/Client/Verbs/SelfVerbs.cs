using System.CommandLine;
using System.Reflection;
using HvPlatform.Cli.Client.Completion;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv version</c>, <c>hv completion</c>: about this program.</summary>
internal static class SelfVerbs
{
    public static Command Version(Cli cli) => cli.Verb("version", "Prints this program's version.", [], run =>
    {
        var version = typeof(SelfVerbs).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
        run.Print.One(System.Text.Json.JsonElement.Parse($$"""{"version":"{{version}}"}"""), version, () => [$"hv {version}"]);
        return Task.FromResult(ExitCodes.Done);
    });

    public static Command Completion(Cli cli)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        return cli.Verb("completion", "Prints a script for a shell: source <(hv completion bash)", [shell], run =>
        {
            cli.Host.Out.Write(run.Get(shell) switch { "bash" => Scripts.Bash, "zsh" => Scripts.Zsh, _ => Scripts.Fish });
            return Task.FromResult(ExitCodes.Done);
        });
    }
}
