using System.Diagnostics;
using HvPlatform.Cli;
using HvPlatform.Cli.Client.Completion;
using Xunit;

namespace HvPlatform.UnitTests.Cli;

/// <summary>What Tab offers, from the program and through bash.</summary>
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
    [InlineData("migrate web host-", "host-a host-b")]
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
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true })!;
        Assert.Equal(expected, (await bash.StandardOutput.ReadToEndAsync()).Trim());
    }
}
