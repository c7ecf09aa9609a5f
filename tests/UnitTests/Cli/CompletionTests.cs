using System.Diagnostics;
using HvPlatform.Cli;
using HvPlatform.Cli.Client.Completion;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.UnitTests.Cli;

/// <summary>What Tab offers, from the program and through bash, zsh and fish.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("vm st", "start stop")]
    [InlineData("evac", "evacuation evacuations")]
    [InlineData("vm list --so", "--sort")]
    [InlineData("vm list --sort na", "name")]
    [InlineData("host list -o y", "yaml")]
    [InlineData("vm start ", "web 1e3")]
    [InlineData("vm start w", "web")]
    [InlineData("vms get w", "web")]
    [InlineData("vm start web ", "")]
    [InlineData("vm start web --rea", "--reason")]
    [InlineData("migrate web ", "host-a host-b")]
    [InlineData("migrate web host-", "host-a host-b")]
    [InlineData("vm list --output=y", "--output=yaml")]
    [InlineData("vm list --host=host-b", "--host=host-b")]
    [InlineData("vm list --output = y", "yaml")]
    [InlineData("vm list --output =", "json name table wide yaml")]
    [InlineData("vm list --host host-b", "host-b")]
    [InlineData("migration cancel ", SampleFleet.Move)]
    [InlineData("completion ", "bash fish zsh")]
    [InlineData("nonsense ", "")]
    public async Task Tab_offers_what_may_stand_there(string line, string expected)
    {
        var run = await CliRun.Async(SampleFleet.Create(), [Completions.Verb, .. line.Split(' ')]);
        Assert.Equal(0, run.ExitCode);
        var offered = run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), offered);
    }

    [Fact]
    public async Task A_platform_that_does_not_answer_offers_nothing_and_says_nothing()
    {
        var run = await CliRun.Async(new ScriptedApi(), Completions.Verb, "vm", "start", "");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData("vm", "fo", "force-off")]
    [InlineData("migration", "wa", "watch")]
    public async Task Bash_completes_with_the_script(string noun, string begun, string expected)
    {
        var program = Checkout.Program("services/cli", "hv-cli");
        var script = $"source <({program} completion bash); COMP_WORDS=({program} {noun} {begun}); COMP_CWORD=2; _hv; printf '%s ' \"${{COMPREPLY[@]}}\"";
        Assert.Equal(expected, await ShellAsync("bash", "-c", script));
    }

    /// <summary>zsh itself, but for what puts the words into its line editor.</summary>
    [Fact]
    public async Task Zsh_completes_with_the_script()
    {
        var program = Checkout.Program("services/cli", "hv-cli");
        var script = $"compdef() {{ }}; compadd() {{ print -- $found }}; _files() {{ print files }}; source <({program} completion zsh); words=({program} vm fo); CURRENT=3; _hv; words=({program} nonsense ''); CURRENT=3; _hv";
        Assert.Equal("force-off\nfiles", await ShellAsync("zsh", "-f", "-c", script));
    }

    [Fact]
    public async Task Fish_completes_with_the_script()
    {
        var program = Checkout.Program("services/cli", "hv-cli");
        var folder = TemporaryDirectory.Create("hv-fish-");
        File.CreateSymbolicLink(Path.Combine(folder, "hv"), program);
        Assert.Equal("force-off", await ShellAsync("fish", "--no-config", "-c", $"set -x HOME {folder}; set -x PATH {folder} $PATH; hv completion fish | source; complete -C 'hv vm fo'"));
    }

    static async Task<string> ShellAsync(string shell, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists($"/usr/bin/{shell}") || File.Exists($"/bin/{shell}"), $"The Debian package {shell} is not installed.");
        using var process = Process.Start(new ProcessStartInfo(shell, arguments) { RedirectStandardOutput = true })!;
        return (await process.StandardOutput.ReadToEndAsync()).Trim();
    }
}
