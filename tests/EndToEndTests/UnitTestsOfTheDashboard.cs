using System.Diagnostics;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.EndToEndTests;

/// <summary>The dashboard's own tests of its pure functions, counted with the others.</summary>
public sealed class UnitTestsOfTheDashboard
{
    [Fact]
    public async Task They_all_pass()
    {
        var start = new ProcessStartInfo("node", ["node_modules/vitest/vitest.mjs", "run", "--reporter=dot"])
        {
            WorkingDirectory = Path.Combine(Repository.Root, "services", "dashboard"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var vitest = Process.Start(start)!;
        var errors = vitest.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await vitest.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await errors;
        await vitest.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(vitest.ExitCode == 0, output);
    }
}
