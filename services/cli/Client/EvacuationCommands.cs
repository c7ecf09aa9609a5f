using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HvPlatform.Contracts;

namespace HvPlatform.Cli.Client;

/// <summary>Emptying hosts: <c>hv host evacuate</c>, <c>hv host maintenance</c> and <c>hv evacuation</c>. Exit code 1 if a VM is left behind.</summary>
internal static class EvacuationCommands
{
    /// <summary><c>hv host evacuate HOST</c>.</summary>
    public static Command Evacuate()
    {
        var host = new Argument<string>("host") { Description = "The host's id or name." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show the plan and change nothing." };
        var concurrency = new Option<int?>("--concurrency") { Description = "Most moves at a time (2)." };
        var attempts = new Option<int?>("--attempts") { Description = "How often each VM is tried (3)." };
        var to = new Option<string[]>("--to") { Description = "A host that may take VMs, by id or name; may be given several times. All if not given.", AllowMultipleArgumentsPerToken = true };
        var order = new Option<string?>("--order") { Description = "SmallestFirst (the default), LargestFirst or ByName." };
        var (wait, output) = (new Option<bool>("--wait") { Description = "Show the progress and return when it has ended." }, Output.Option());
        order.AcceptOnlyFromAmong("SmallestFirst", "LargestFirst", "ByName");
        var command = new Command("evacuate", "Puts a host into maintenance and moves every VM away.") { host, dryRun, concurrency, attempts, to, order, wait, output };
        command.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var id = await ClientCommands.FindHostAsync(api, parsed.GetValue(host)!, ct);
            var destinations = new List<HostId>();
            foreach (var name in parsed.GetValue(to) ?? [])
            {
                destinations.Add(await ClientCommands.FindHostAsync(api, name, ct));
            }

            // What is not given is left out: the platform's defaults hold.
            var body = new Dictionary<string, object?>
            {
                ["dryRun"] = parsed.GetValue(dryRun),
                ["maxConcurrent"] = parsed.GetValue(concurrency),
                ["maxAttempts"] = parsed.GetValue(attempts),
                ["order"] = parsed.GetValue(order),
                ["destinationHostIds"] = destinations,
            }.Where(m => m.Value is not null).ToDictionary();
            var answer = await api.SendCommandAsync(HttpMethod.Post, $"/v1/hosts/{id}/evacuations", body, ct);
            return parsed.GetValue(dryRun) ? Plan(parsed.GetValue(output)!, answer) : await ShowAsync(api, answer, parsed.GetValue(wait), parsed.GetValue(output)!, ct);
        }));
        return command;
    }

    /// <summary><c>hv host maintenance HOST</c>.</summary>
    public static Command Maintenance()
    {
        var (host, output) = (new Argument<string>("host") { Description = "The host's id or name." }, Output.Option());
        var end = new Option<bool>("--end") { Description = "End the maintenance: VMs may be placed on the host again." };
        var command = new Command("maintenance", "Puts a host into maintenance: no VM is placed on it. Its VMs stay; see evacuate.") { host, end, output };
        command.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var id = await ClientCommands.FindHostAsync(api, parsed.GetValue(host)!, ct);
            var answer = await api.SendCommandAsync(parsed.GetValue(end) ? HttpMethod.Delete : HttpMethod.Post, $"/v1/hosts/{id}/maintenance", null, ct);
            if (parsed.GetValue(output) == "json")
            {
                Output.Json(answer);
            }
            else
            {
                Console.WriteLine($"{answer.Text("id")}  {answer.Text("name")}  {(answer.TryGetProperty("maintenance", out var m) ? $"in maintenance since {m.Text("since")}" : "takes VMs")}");
            }

            return 0;
        }));
        return command;
    }

    /// <summary><c>hv evacuation</c>.</summary>
    public static Command Evacuations()
    {
        var output = Output.Option();
        var list = new Command("list", "Lists evacuations, newest first.") { output };
        list.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            Output.List(parsed.GetValue(output)!, await api.ListAsync("/v1/evacuations", ct),
                ("ID", e => e.Text("id")), ("HOST", e => e.Text("hostName")), ("STATUS", e => e.Text("status")), ("MOVED", e => $"{e.Text("moved")}/{e.Text("total")}"),
                ("MOVING", e => e.Text("moving")), ("FAILED", e => e.Text("failed")), ("BEGUN", e => e.GetProperty("trail").Text("requestedAt")));
            return 0;
        }));
        var cancel = Change("cancel", "Ends an evacuation when the moves on their way have ended.");
        var moves = new Option<bool>("--moves") { Description = "Cancel the moves on their way too." };
        cancel.Command.Add(moves);
        cancel.Query = parsed => parsed.GetValue(moves) ? "?cancelMoves=true" : "";
        return new("evacuation", "Evacuations of hosts.")
        {
            list, Get(), Change("pause", "Starts no further move; those on their way go on.").Command, Change("resume", "Goes on after a pause.").Command, cancel.Command,
        };
    }

    static Command Get()
    {
        var (id, wait, output) = (Id(), Wait(), Output.Option());
        var command = new Command("get", "Shows one evacuation: progress, each VM, reasons.") { id, wait, output };
        command.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
            await ShowAsync(api, await api.GetAsync($"/v1/evacuations/{Uri.EscapeDataString(parsed.GetValue(id)!)}", ct), parsed.GetValue(wait), parsed.GetValue(output)!, ct)));
        return command;
    }

    static Verb Change(string name, string what)
    {
        var (id, wait, output) = (Id(), Wait(), Output.Option());
        var verb = new Verb(new Command(name, what) { id, wait, output });
        verb.Command.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var path = $"/v1/evacuations/{Uri.EscapeDataString(parsed.GetValue(id)!)}/{name}{verb.Query?.Invoke(parsed)}";
            return await ShowAsync(api, await api.SendCommandAsync(HttpMethod.Post, path, null, ct), parsed.GetValue(wait), parsed.GetValue(output)!, ct);
        }));
        return verb;
    }

    static Argument<string> Id() => new("id") { Description = "The evacuation's id." };

    static Option<bool> Wait() => new("--wait") { Description = "Show the progress and return when it has ended." };

    /// <summary>Prints an evacuation, at its end if <paramref name="wait"/>: one line per change until then.</summary>
    static async Task<int> ShowAsync(HvApi api, JsonElement evacuation, bool wait, string format, CancellationToken cancellationToken)
    {
        var last = "";
        while (wait && !IsFinal(evacuation))
        {
            var line = Line(evacuation);
            if (line != last)
            {
                Console.Error.WriteLine(last = line);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
            evacuation = await api.GetAsync(evacuation.Text("url"), cancellationToken);
        }

        if (format == "json")
        {
            Output.Json(evacuation);
        }
        else
        {
            Console.WriteLine(Line(evacuation));
            Output.List("table", [.. evacuation.GetProperty("vms").EnumerateArray()],
                ("VM", v => v.Text("vmName")), ("STATUS", v => v.Text("status")), ("TO", v => v.Text("destinationHostName")), ("ATTEMPTS", v => v.Text("attempts")),
                ("MS", v => v.Text("durationMs")), ("WHY", v => v.TryGetProperty("error", out var error) ? error.Text("message") : ""));
        }

        return evacuation.Text("status") is "CompletedWithFailures" or "Cancelled" ? 1 : 0;
    }

    static string Line(JsonElement e)
    {
        var left = e.TryGetProperty("etaMs", out var eta) ? string.Create(CultureInfo.InvariantCulture, $", about {eta.GetInt64() / 1000.0:F0} s left") : "";
        var blocked = e.TryGetProperty("blocked", out var why) ? $"; {why.Text("message")}" : "";
        return $"{e.Text("id")}  {e.Text("hostName")}  {e.Text("status")}: {e.Text("moved")}/{e.Text("total")} moved, {e.Text("moving")} moving, {e.Text("waiting")} waiting, {e.Text("failed")} failed{left}{blocked}";
    }

    static int Plan(string format, JsonElement plan)
    {
        var left = plan.GetProperty("cannotMove").EnumerateArray().ToList();
        if (format == "json")
        {
            Output.Json(plan);
            return left.Count > 0 ? 1 : 0;
        }

        Output.List("table", [.. plan.GetProperty("moves").EnumerateArray()],
            ("VM", m => m.Text("vmName")), ("STATE", m => m.Text("state")), ("MiB", m => m.Text("memoryMiB")), ("MODE", m => m.Text("mode")), ("TO", m => m.Text("destinationHostName")), ("WHY", m => m.Text("why")));
        foreach (var vm in left)
        {
            Console.Error.WriteLine($"{vm.Text("vmName")} would be left: {vm.GetProperty("error").Text("message")}");
        }

        return left.Count > 0 ? 1 : 0;
    }

    static bool IsFinal(JsonElement evacuation) => evacuation.Text("status") is "Completed" or "CompletedWithFailures" or "Cancelled";

    sealed class Verb(Command command)
    {
        public Command Command { get; } = command;

        public Func<ParseResult, string>? Query { get; set; }
    }
}
