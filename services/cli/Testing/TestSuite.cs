using System.Diagnostics;
using System.Xml;
using System.Xml.Linq;
using HvPlatform.Cli.LocalServers;

namespace HvPlatform.Cli.Testing;

/// <summary>One built test project: an xunit.v3 program that runs its own tests and writes an XML result file.</summary>
internal sealed class TestSuite
{
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(15);
    readonly string _program;

    TestSuite(string name, string program) => (Name, _program) = (name, program);

    /// <summary>The project's folder, for example <c>IntegrationTests</c>.</summary>
    public string Name { get; }

    /// <summary>Every project under tests/ that says it is a test project, the cheap ones first. One that was not built is an error.</summary>
    public static IReadOnlyList<TestSuite> All()
    {
        string[] order = ["UnitTests", "HyperVTests", "SimulationTests", "IntegrationTests", "EndToEndTests", "VmTests"];
        return [.. Directory.GetFiles(Path.Combine(Checkout.Root, "tests"), "*.csproj", SearchOption.AllDirectories)
            .Where(p => File.ReadAllText(p).Contains("<IsTestProject>true", StringComparison.Ordinal))
            .Select(p => (Folder: Path.GetFileName(Path.GetDirectoryName(p)!), Assembly: Path.GetFileNameWithoutExtension(p)))
            .OrderBy(p => (uint)Array.IndexOf(order, p.Folder)).ThenBy(p => p.Folder, StringComparer.Ordinal)
            .Select(p => new TestSuite(p.Folder, Checkout.Program(Path.Combine("tests", p.Folder), p.Assembly)))];
    }

    /// <summary>Why the suite cannot run on this machine, or null.</summary>
    public async Task<TestObstacle?> WhyNotAsync() => Name switch
    {
        "IntegrationTests" => await WhyNoServersAsync(),
        "EndToEndTests" => WhyNoBrowser() ?? await WhyNoServersAsync(),
        "VmTests" => WhyNoVms() ?? await WhyNoServersAsync(),
        _ => null,
    };

    /// <summary>How many tests it has.</summary>
    public async Task<int> CountAsync(string[] filters, CancellationToken cancellationToken)
    {
        var listed = await ChildProcess.RunAsync([_program, "-noColor", "-noLogo", .. Filter(filters), "-list", "tests"], cancellationToken: cancellationToken);
        // The runner prints a banner first, -noLogo or not.
        return listed.Split('\n').Count(l => l.StartsWith("HvPlatform.", StringComparison.Ordinal));
    }

    /// <summary>Runs it and prints every failure and why tests were skipped.</summary>
    public async Task<TestTotals> RunAsync(string[] filters, string results, CancellationToken cancellationToken)
    {
        var (xml, log) = (Path.Combine(results, $"{Name}.xml"), Path.Combine(results, $"{Name}.log"));
        File.Delete(xml);
        var start = new ProcessStartInfo(_program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in (string[])["-noColor", "-noLogo", "-xml", xml, .. Filter(filters)])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new LocalServerException($"Could not start {_program}.");
        process.StandardInput.Close();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        var ended = await LogAsync(process, log, patience.Token);
        if (!ended || Read(xml) is not { } assembly)
        {
            Console.WriteLine($"   FAILED: {Name} {(ended ? $"ended with exit code {process.ExitCode} and without a result" : $"was killed after {s_patience.TotalMinutes:0} minutes or by Ctrl-C")}. Its last lines ({log}):");
            Console.WriteLine(string.Join('\n', File.ReadLines(log).TakeLast(40)));
            return new() { Failed = 1 };
        }

        return Report(assembly);
    }

    static string[] Filter(string[] filters) => [.. filters.SelectMany(f => (string[])["-method", $"*{f}*"])];

    static async Task<bool> LogAsync(Process process, string log, CancellationToken cancellationToken)
    {
        await using var file = new StreamWriter(log);
        process.OutputDataReceived += (_, e) => Write(e.Data);
        process.ErrorDataReceived += (_, e) => Write(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            // Not its tree: the reaper in it then stops the servers and removes their data.
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            return false;
        }

        void Write(string? line)
        {
            lock (process)
            {
                file.WriteLine(line);
            }
        }
    }

    static XElement? Read(string xml)
    {
        try
        {
            return File.Exists(xml) ? XDocument.Load(xml).Root?.Element("assembly") : null;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    static TestTotals Report(XElement assembly)
    {
        var tests = assembly.Descendants("test").ToLookup(t => (string?)t.Attribute("result"));
        foreach (var test in tests["Fail"])
        {
            var failure = test.Element("failure");
            Console.WriteLine($"   FAILED {(string?)test.Attribute("name")}\n{Indent(failure?.Element("message")?.Value)}\n{Indent(failure?.Element("stack-trace")?.Value)}");
            if (test.Element("output")?.Value is { Length: > 0 } output)
            {
                Console.WriteLine($"      its output:\n{Indent(output)}");
            }
        }

        foreach (var reason in tests["Skip"].GroupBy(t => t.Element("reason")?.Value ?? "no reason given"))
        {
            Console.WriteLine($"   skipped: {reason.Key}\n{Indent(string.Join('\n', reason.Select(t => (string?)t.Attribute("name"))))}");
        }

        // Errors outside of a test (a fixture's clean-up, for example) are failures too.
        var errors = assembly.Element("errors")?.Elements("error").ToArray() ?? [];
        foreach (var error in errors)
        {
            Console.WriteLine($"   FAILED {(string?)error.Attribute("type")} {(string?)error.Attribute("name")}\n{Indent(error.Value)}");
        }

        return new(tests["Pass"].Count(), tests["Fail"].Count() + errors.Length, tests["Skip"].Count());
    }

    static string Indent(string? text) => string.Join('\n', (text ?? "").TrimEnd().Split('\n').Select(l => "      " + l));

    static async Task<TestObstacle?> WhyNoServersAsync()
    {
        var postgres = Given("HV_TEST_POSTGRES") || LocalPostgres.FindBin() is not null;
        var rabbit = Given("HV_TEST_RABBITMQ") || LocalRabbit.IsInstalled;
        if ((postgres && rabbit) || await DockerAnswersAsync())
        {
            return null;
        }

        string[] missing = [.. postgres ? (string[])[] : ["PostgreSQL 15 or newer (package postgresql, or HV_TEST_POSTGRES)"], .. rabbit ? (string[])[] : ["RabbitMQ (package rabbitmq-server, or HV_TEST_RABBITMQ)"]];
        return new($"this machine has no {string.Join(" and no ", missing)}, and no Docker engine answers.", CiMustHaveIt: true);

        static bool Given(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };
    }

    static async Task<bool> DockerAnswersAsync()
    {
        try
        {
            await ChildProcess.RunAsync(["docker", "version", "--format", "{{.Server.Version}}"]);
            return true;
        }
        catch (Exception e) when (e is LocalServerException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    static TestObstacle? WhyNoBrowser() => File.Exists(Environment.GetEnvironmentVariable("HV_CHROMIUM") ?? "/usr/bin/chromium")
        ? null
        : new("this machine has no /usr/bin/chromium (package chromium, or HV_CHROMIUM).", CiMustHaveIt: true);

    static TestObstacle? WhyNoVms()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new("they start libvirt daemons in namespaces of their own, which needs root.", CiMustHaveIt: false);
        }

        string[] missing = [.. new[] { "/usr/sbin/libvirtd", "/usr/bin/virsh", "/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-img", "/usr/bin/as" }.Where(f => !File.Exists(f))];
        return missing.Length == 0 ? null : new($"this machine lacks {string.Join(", ", missing)}.", CiMustHaveIt: true);
    }
}
