using System.Diagnostics;
using System.Text.Json;
using HvPlatform.Cli;
using HvPlatform.IntegrationTests.EndToEnd;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Cli;

/// <summary>The command line against the real platform with a simulated fleet: what its transcripts with a scripted API cannot tell.</summary>
public sealed class CliOnPlatformTests(CliOnPlatformTests.Fleet fleet) : IClassFixture<CliOnPlatformTests.Fleet>
{
    readonly Platform _platform = fleet.Platform;

    /// <summary>One platform for all of them: each works on VMs of its own.</summary>
    public sealed class Fleet : IAsyncLifetime
    {
        public Platform Platform { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Platform = await Platform.StartAsync(SimulatedFleetTests.AllModules(), distributed: false, new()
            {
                ["Hv:Agents:0:Driver"] = "simulated",
                ["Hv:Agents:0:Simulated:Hosts"] = "2",
                ["Hv:Agents:0:Simulated:VmsPerHost"] = "3",
                ["Hv:Agents:0:Simulated:VmMemoryMiB"] = "512",
                ["Hv:Agents:0:Simulated:DirtyMiBps"] = "4",
                ["Hv:Agents:0:Simulated:BandwidthMiBps"] = "256",
            });
            await Eventually.Until(async () => (await Platform.ListAsync("/v1/vms")).Length == 6, "the fleet is in the inventory", 30);
        }

        public ValueTask DisposeAsync() => Platform.DisposeAsync();
    }

    [Fact]
    public async Task A_fleet_is_listed_moved_followed_and_looked_back_at()
    {
        var vm = (await JsonAsync("vm", "list", "--state", "Running", "--sort", "name"))[0];
        var name = vm.GetProperty("name").GetString()!;
        var destination = (await JsonAsync("host", "list")).EnumerateArray().First(h => h.GetProperty("id").GetGuid() != vm.GetProperty("hostId").GetGuid()).GetProperty("name").GetString()!;
        var before = TimeProvider.System.GetUtcNow();

        var dry = await RunAsync("migrate", name, destination, "--dry-run");
        Assert.Contains("POST ", dry.Out);
        Assert.DoesNotContain((await JsonAsync("migration", "list")).EnumerateArray(), m => m.GetProperty("vmName").GetString() == name);

        var key = Guid.NewGuid().ToString();
        var moved = await RunAsync("migrate", name, destination, "--wait", "--reason", "rack work", "--idempotency-key", key);
        Assert.True(moved.Exit == 0, moved.Error);
        Assert.Contains("Succeeded", moved.Out);
        Assert.Contains("Transferring", moved.Error);
        var operation = moved.Out.Split(' ')[0];

        // The key makes the repeat the first one.
        Assert.StartsWith(operation, (await RunAsync("migrate", name, destination, "--reason", "rack work", "--idempotency-key", key)).Out);

        // Reads follow the hosts' reports within moments.
        await Eventually.Until(async () => (await RunAsync("vm", "list", "--host", destination, "-o", "name")).Out.Split('\n').Contains(name), "the VM is listed on its destination", 20);
        Assert.Contains("by ", (await RunAsync("migration", "get", operation)).Out);
        Assert.Contains("rack work", (await RunAsync("operation", "list", "-o", "wide")).Out);
        await Eventually.Until(async () => (await RunAsync("inventory", "diff", "--from", before.ToString("O"))).Out.Contains(name, StringComparison.Ordinal), "the difference names the VM", 20);
        Assert.Contains("6: ", (await RunAsync("inventory", "summary")).Out);
        var events = await RunAsync("event", "watch", "--from", "0", "--count", "3");
        Assert.True(events.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 3, events.Error);
        foreach (var line in new[]
        {
            $"vm history {name}", $"host history {destination}", $"migration history {operation}", $"migration progress {operation}", $"vm metrics {name}", $"host metrics {destination}", $"vm get {name} --as-of {before:O}",
            $"host get {destination}", $"inventory as-of {before:O}", "evacuation list", "top",
        })
        {
            var run = await RunAsync(line.Split(' '));
            Assert.True(run.Exit == 0, $"{line}: {run.Error}");
        }
    }

    [Fact]
    public async Task Without_a_token_nobody_is_let_in_and_it_is_said_how_to_sign_in()
    {
        var run = await RunAsync("vm", "list", "--token", "wrong");
        Assert.Equal(ExitCodes.Forbidden, run.Exit);
        Assert.Contains("hv login", run.Error);
        Assert.DoesNotContain(TestAccess.Token, run.Error);
    }

    [Fact]
    public async Task In_a_terminal_of_80_by_24_top_draws_the_fleet_and_ends_on_q()
    {
        using var terminal = Terminal("top");
        await terminal.SeesAsync("RUNNING OPERATION");
        await terminal.TypeAsync("s");
        await terminal.SeesAsync("sort (by memory)");
        await terminal.TypeAsync("q");
        Assert.Equal(0, await terminal.EndAsync());
        Assert.Contains("VMs 6: ", terminal.Text);
    }

    [Fact]
    public async Task In_a_terminal_a_watched_list_is_drawn_again_when_something_changes_and_ends_on_Ctrl_C()
    {
        var vm = (await JsonAsync("vm", "list", "--state", "Running", "--sort", "-name"))[0].GetProperty("name").GetString()!;
        using var terminal = Terminal("vm list --watch");
        await terminal.SeesAsync(vm);
        Assert.Equal(0, (await RunAsync("vm", "pause", vm, "--wait")).Exit);
        await terminal.SeesAsync("Paused ");
        await terminal.TypeAsync("\u0003");
        Assert.Equal(0, await terminal.EndAsync());
    }

    [Fact]
    public async Task In_a_terminal_that_becomes_narrow_top_is_drawn_anew_and_Ctrl_C_gives_the_terminal_back_as_it_was()
    {
        using var terminal = Terminal("top", columns: 100);
        await terminal.SeesAsync("RUNNING OPERATION");
        await terminal.ResizeAsync(60, 20);
        await Eventually.Until(() => Task.FromResult(LastPage().Contains("quit", StringComparison.Ordinal)), "the page is drawn for the new size", 30, () => Task.FromResult(terminal.Text));
        Assert.All(PseudoTerminal.WithoutCodes(LastPage()).Split('\n'), line => Assert.True(line.Trim('\r').Length <= 60, line));
        await terminal.TypeAsync("\u0003");
        Assert.Equal(0, await terminal.EndAsync());
        Assert.Contains("\e[?25h\e[?1049l", terminal.Raw);
        Assert.True(terminal.IsAsBefore, "the line's settings are as they were");

        string LastPage() => terminal.Raw.Split("\e[2J\e[H") is [_, _, .., var last] ? last : "";
    }

    [Fact]
    public async Task In_a_terminal_of_60_columns_progress_stays_in_one_line_and_elsewhere_it_is_plain_lines()
    {
        var vm = (await JsonAsync("vm", "list", "--state", "Running", "--sort", "name"))[1];
        var (name, home) = (vm.GetProperty("name").GetString()!, vm.GetProperty("hostName").GetString()!);
        var away = (await JsonAsync("host", "list")).EnumerateArray().Select(h => h.GetProperty("name").GetString()!).First(h => h != home);
        using (var terminal = Terminal($"migrate {name} {away} --wait", columns: 60))
        {
            Assert.Equal(0, await terminal.EndAsync());
            var drawn = terminal.Raw.Split("\r\e[K");
            Assert.Contains(drawn, d => d.Contains("Transferring", StringComparison.Ordinal));
            Assert.All(drawn[1..^1], d => Assert.True(d.Length < 60, d));
            Assert.Contains("Succeeded", drawn[^1]);
            Assert.True(terminal.IsAsBefore, "the line's settings are as they were");
        }

        var back = await RunAsync("migrate", name, home, "--wait");
        Assert.Contains("Transferring", back.Error);
        Assert.DoesNotContain("\e", back.Error + back.Out + (await RunAsync("top")).Out);
    }

    async Task<JsonElement> JsonAsync(params string[] args)
    {
        var run = await RunAsync([.. args, "-o", "json"]);
        Assert.True(run.Exit == 0, run.Error);
        return JsonElement.Parse(run.Out);
    }

    async Task<(int Exit, string Out, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var variables = new Dictionary<string, string> { ["HV_URL"] = _platform.Hosts[0].Url.ToString(), ["HV_TOKEN"] = TestAccess.Token, ["HV_CONFIG"] = "/nonexistent/hv.yaml" };
        return (await HvCli.RunAsync(args, new() { Out = output, Error = error, Variable = variables.GetValueOrDefault }, CancellationToken.None), output.ToString(), error.ToString());
    }

    PseudoTerminal Terminal(string line, int columns = 80) => new($"{Checkout.Program("services/cli", "hv-cli")} {line}", columns, new()
    {
        ["HV_URL"] = _platform.Hosts[0].Url.ToString(),
        ["HV_TOKEN"] = TestAccess.Token,
        ["HV_CONFIG"] = "/nonexistent/hv.yaml",
        ["TERM"] = "xterm-256color",
    });

    /// <summary>A program in a terminal of 24 lines, by util-linux' script.</summary>
    sealed class PseudoTerminal : IDisposable
    {
        readonly Process _script;
        readonly string _folder = TemporaryDirectory.Create("hv-terminal-");

        public PseudoTerminal(string command, int columns, Dictionary<string, string> environment)
        {
            // The shell outlives Ctrl-C, to tell of the terminal afterwards.
            var around = $"trap : INT; stty rows 24 cols {columns}; tty > {_folder}/tty; stty -g > {_folder}/before; {command}; code=$?; stty -g > {_folder}/after; exit $code";

            // Who starts the tests in the background may have Ctrl-C ignored, and that is inherited.
            var start = new ProcessStartInfo("env", ["--default-signal=INT", "script", "-q", "-f", "-e", "-c", around, Path.Combine(_folder, "typescript")]) { RedirectStandardInput = true, RedirectStandardOutput = true };
            foreach (var (name, value) in environment)
            {
                start.Environment[name] = value;
            }

            _script = Process.Start(start)!;
            _ = _script.StandardOutput.ReadToEndAsync();
        }

        /// <summary>Whether the terminal's settings are what they were before the program.</summary>
        public bool IsAsBefore => File.ReadAllText(Path.Combine(_folder, "before")) == File.ReadAllText(Path.Combine(_folder, "after"));

        /// <summary>All that was written to the terminal, without its control codes.</summary>
        public string Text => WithoutCodes(Raw);

        /// <summary>All that was written to the terminal.</summary>
        public string Raw
        {
            get
            {
                var path = Path.Combine(_folder, "typescript");
                if (!File.Exists(path))
                {
                    return "";
                }

                using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
                return file.ReadToEnd();
            }
        }

        public static string WithoutCodes(string text) => System.Text.RegularExpressions.Regex.Replace(text, @"\e\[[0-9;?]*[A-Za-z]", "");

        public async Task ResizeAsync(int columns, int rows)
        {
            using var stty = Process.Start("stty", ["-F", (await File.ReadAllTextAsync(Path.Combine(_folder, "tty"))).Trim(), "cols", $"{columns}", "rows", $"{rows}"]);
            await stty.WaitForExitAsync();
        }

        public Task SeesAsync(string text) => Eventually.Until(() => Task.FromResult(Text.Contains(text, StringComparison.Ordinal)), $"the terminal shows '{text}'", 30, () => Task.FromResult(Text));

        public async Task TypeAsync(string keys)
        {
            await _script.StandardInput.WriteAsync(keys);
            await _script.StandardInput.FlushAsync();
        }

        public async Task<int> EndAsync()
        {
            await Eventually.Until(() => Task.FromResult(_script.HasExited), "the program ends", 20, () => Task.FromResult(Text));
            return _script.ExitCode;
        }

        public void Dispose()
        {
            if (!_script.HasExited)
            {
                _script.Kill(entireProcessTree: true);
            }

            _script.Dispose();
        }
    }
}
