using System.CommandLine;
using System.Diagnostics;

namespace HvPlatform.Cli.Testing;

/// <summary>
/// <c>hv test [filter …]</c>: runs every built test suite, one after the other, and adds up. A suite that the machine cannot run is skipped in
/// words and its tests are counted as skipped; under CI a missing server is a failure instead, because CI is to have it.
/// </summary>
internal static class TestCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var filters = new Argument<string[]>("filter") { Description = "Part of a test's full name, for example Contracts; several are alternatives.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("test", "Runs the test suites built in this checkout.") { filters };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(filters) ?? [], cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(string[] filters, CancellationToken cancellationToken)
    {
        var results = Path.Combine(Checkout.Root, ".hv", "test");
        Directory.CreateDirectory(results);
        var total = new TestTotals();
        foreach (var suite in TestSuite.All())
        {
            if (await suite.WhyNotAsync() is { } obstacle)
            {
                total += await SkipAsync(suite, obstacle, filters, cancellationToken);
                continue;
            }

            Console.WriteLine($"== {suite.Name}");
            var clock = Stopwatch.StartNew();
            var totals = await suite.RunAsync(filters, results, cancellationToken);
            Console.WriteLine($"   {totals} in {clock.Elapsed.TotalSeconds:0.0} s");
            total += totals;
            if (cancellationToken.IsCancellationRequested)
            {
                Console.WriteLine("Interrupted: the suites after this one did not run.");
                break;
            }
        }

        if (total.Passed + total.Failed == 0)
        {
            Console.WriteLine(filters.Length == 0 ? "No test ran." : $"No test ran: no name contains {string.Join(" or ", filters)}.");
        }

        Console.WriteLine(total);
        return total.Failed == 0 && total.Passed > 0 ? 0 : 1;
    }

    static async Task<TestTotals> SkipAsync(TestSuite suite, TestObstacle obstacle, string[] filters, CancellationToken cancellationToken)
    {
        var count = await suite.CountAsync(filters, cancellationToken);
        if (count == 0)
        {
            return new();
        }

        var fails = obstacle.CiMustHaveIt && Environment.GetEnvironmentVariable("CI") is { Length: > 0 };
        Console.WriteLine($"== {suite.Name}\n   {(fails ? "FAILED" : "skipped")}, {count} tests: {obstacle.Reason}");
        return fails ? new() { Failed = count } : new() { Skipped = count };
    }
}

/// <summary>Why a suite cannot run here.</summary>
/// <param name="Reason">In words, with what to do.</param>
/// <param name="CiMustHaveIt">True if it is a matter of installing something.</param>
internal sealed record TestObstacle(string Reason, bool CiMustHaveIt);

/// <summary>Counts of tests.</summary>
internal readonly record struct TestTotals(int Passed, int Failed, int Skipped)
{
    /// <summary>Adds up.</summary>
    public static TestTotals operator +(TestTotals a, TestTotals b) => new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);

    /// <inheritdoc/>
    public override string ToString() => $"{Passed} passed, {Failed} failed, {Skipped} skipped";
}
