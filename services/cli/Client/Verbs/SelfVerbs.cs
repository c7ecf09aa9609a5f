using System.CommandLine;
using System.Reflection;
using HvPlatform.Cli.Client.Completion;
using HvPlatform.Cli.Client.Output;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv version</c>, <c>hv whoami</c>, <c>hv completion</c>: about this program and its user.</summary>
internal static class SelfVerbs
{
    public static Command Version(Cli cli) => cli.Verb("version", "Prints this program's version.", [], run =>
    {
        var version = typeof(SelfVerbs).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
        run.Print.One(System.Text.Json.JsonElement.Parse($$"""{"version":"{{version}}"}"""), version, () => [$"hv {version}"]);
        return Task.FromResult(ExitCodes.Done);
    });

    public static Command WhoAmI(Cli cli) => cli.Verb("whoami", "Says who you are to the platform and what you may do.", [], async run =>
    {
        var answer = await run.Api.GetMeAsync(cancellationToken: run.Cancelled);
        var me = answer.Value;
        run.Print.One(answer.Json, me.Name, () =>
        [
            $"{me.Name} ({me.Kind}){(me.ExpiresAt is { } end ? $", until {Words.At(end)}" : "")}",
            .. me.Roles.Select(r => $"  {r.Role} in {(r.Group == "*" ? "all groups" : r.Group)}"),
        ]);
        return ExitCodes.Done;
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
