using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Cli.Client;

/// <summary><c>hv migrate</c> and <c>hv migration</c>.</summary>
internal static class MigrationCommands
{
    /// <summary><c>hv migrate VM HOST</c>. What is not given is left to the platform's defaults.</summary>
    public static Command Migrate()
    {
        var (vm, output, wait) = (ClientCommands.Vm(), Output.Option(), ClientCommands.Wait());
        var host = new Argument<string>("host") { Description = "The destination's id or name." };
        var live = new Option<bool>("--live") { Description = "Only if the VM runs." };
        var cold = new Option<bool>("--cold") { Description = "Only if the VM is off." };
        var copy = new Option<string?>("--copy-storage") { Description = "Copy disks that the destination does not reach: full, or incremental (the top image only)." };
        var bandwidth = new Option<int?>("--bandwidth") { Description = "Most bandwidth to use, MiB/s." };
        var downtime = new Option<int?>("--max-downtime") { Description = "Longest pause of the guest, ms." };
        var slow = new Option<bool>("--auto-converge") { Description = "Slow the guest's CPUs if it dirties memory faster than it is copied." };
        var ladder = new Option<IReadOnlyList<ConvergenceStep>?>("--ladder") { Description = $"What to do if it does not end: {LadderText.Form}.", CustomParser = Ladder };
        var forecast = new Option<bool>("--forecast") { Description = "Measure first and say how long it will take." };
        var converge = new Option<bool>("--require-convergence") { Description = "Do not begin a transfer that is forecast not to end." };
        var timeout = new Option<int?>("--timeout") { Description = "Give up after this many seconds." };
        var hyperV = new HyperVMigrationArguments();
        copy.AcceptOnlyFromAmong("full", "incremental");
        var command = new Command("migrate", "Moves a VM to another host: live if it runs, cold if it is off.")
        {
            vm, host, live, cold, copy, bandwidth, downtime, slow, ladder, forecast, converge, timeout, wait, output,
        };
        hyperV.AddTo(command);
        command.Validators.Add(r =>
        {
            if (r.GetValue(live) && r.GetValue(cold))
            {
                r.AddError("--live and --cold exclude each other.");
            }
        });
        command.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var policy = new Dictionary<string, object?>
            {
                ["mode"] = parsed.GetValue(live) ? "Live" : parsed.GetValue(cold) ? "Cold" : null,
                ["storage"] = parsed.GetValue(copy) switch { "full" => "CopyFull", "incremental" => "CopyIncremental", _ => null },
                ["bandwidthMiBps"] = parsed.GetValue(bandwidth),
                ["maxDowntimeMs"] = parsed.GetValue(downtime),
                ["autoConverge"] = parsed.GetValue(slow) ? true : null,
                ["ladder"] = parsed.GetValue(ladder),
                ["forecast"] = parsed.GetValue(forecast) ? true : null,
                ["requireConvergence"] = parsed.GetValue(converge) ? true : null,
                ["timeoutSeconds"] = parsed.GetValue(timeout),
                ["hyperV"] = hyperV.Read(parsed),
            }.Where(m => m.Value is not null).ToDictionary();
            var id = await ClientCommands.FindVmAsync(api, parsed.GetValue(vm)!, ct);
            var body = new { destinationHostId = await ClientCommands.FindHostAsync(api, parsed.GetValue(host)!, ct), policy };
            var operation = await api.CommandAsync(HttpMethod.Post, $"/v1/vms/{id}/migrations", body, ct);
            return Output.Operation(parsed.GetValue(output)!, parsed.GetValue(wait) ? await api.WaitAsync(operation.Id, ct) : operation);
        }));
        return command;
    }

    /// <summary><c>hv migration list|get|cancel|resolve</c>.</summary>
    public static Command Migrations() => new("migration", "Migrations.") { List(), Get(), Cancel(), Resolve() };

    static Command List()
    {
        var (open, output) = (new Option<bool>("--open") { Description = "Only those that have not ended." }, Output.Option());
        var list = new Command("list", "Lists the migrations, newest first.") { open, output };
        list.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            Output.List(parsed.GetValue(output)!, await api.ListAsync($"/v1/migrations{(parsed.GetValue(open) ? "?open=true" : "")}", ct),
                ("ID", m => m.Text("id")), ("VM", m => m.Text("vmName")), ("FROM", m => m.Text("sourceHostName")), ("TO", m => m.Text("destinationHostName")),
                ("STATUS", m => m.Text("status")), ("PHASE", m => m.TryGetProperty("waiting", out _) ? $"{m.Text("phase")}, waits" : m.Text("phase")),
                ("%", m => !m.TryGetProperty("finishedAt", out _) && m.TryGetProperty("progress", out var p) ? p.GetProperty("percent").GetDouble().ToString("F0", CultureInfo.InvariantCulture) : ""),
                ("LEFT", Remaining));
            return 0;
        }));
        return list;
    }

    static Command Get()
    {
        var (id, output) = (Id(), Output.Option());
        var get = new Command("get", "Shows one migration.") { id, output };
        get.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var migration = await api.GetAsync($"/v1/migrations/{parsed.GetValue(id)}", ct);
            if (parsed.GetValue(output) == "json")
            {
                Output.Json(migration);
                return 0;
            }

            Console.WriteLine(Describe(migration));
            return 0;
        }));
        return get;
    }

    static Command Cancel()
    {
        var (id, output, wait) = (Id(), Output.Option(), ClientCommands.Wait());
        var cancel = new Command("cancel", "Asks for a migration to be undone. It may have come too far: with --wait, exit code 1 if it was not undone.") { id, wait, output };
        cancel.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var operation = await api.CommandAsync(HttpMethod.Post, $"/v1/migrations/{parsed.GetValue(id)}/cancel", null, ct);
            operation = parsed.GetValue(wait) ? await api.WaitAsync(operation.Id, ct) : operation;
            return Output.Operation(parsed.GetValue(output)!, operation, succeeded: OperationStatus.Cancelled);
        }));
        return cancel;
    }

    static Command Resolve()
    {
        var (id, output, wait) = (Id(), Output.Option(), ClientCommands.Wait());
        var where = new Option<string>("--vm-is-on") { Description = "Where the VM is, and nowhere else: source, destination or neither.", Required = true };
        var reason = new Option<string>("--reason") { Description = "How you know; kept in the history with your name.", Required = true };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        where.AcceptOnlyFromAmong("source", "destination", "neither");
        var resolve = new Command("resolve", "Ends a migration in doubt by your word, when a host will not answer any more.") { id, where, reason, yes, wait, output };
        resolve.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var migration = await api.GetAsync($"/v1/migrations/{parsed.GetValue(id)}", ct);
            if (migration.Text("status") != "InDoubt")
            {
                throw new ApiException($"{Describe(migration)}\nIt is not in doubt: nothing has to be asserted.", 4);
            }

            if (!parsed.GetValue(yes) && !Confirmed(migration, parsed.GetValue(where)!))
            {
                return 2;
            }

            var resolution = parsed.GetValue(where) switch { "source" => "OnSource", "destination" => "OnDestination", _ => "OnNeither" };
            var operation = await api.CommandAsync(
                HttpMethod.Post, $"/v1/migrations/{parsed.GetValue(id)}/resolve", new { resolution, reason = parsed.GetValue(reason) }, ct);
            return Output.Operation(parsed.GetValue(output)!, parsed.GetValue(wait) ? await api.WaitAsync(operation.Id, ct) : operation);
        }));
        return resolve;
    }

    /// <summary>Shows what is not known and asks; nobody to ask means no.</summary>
    static bool Confirmed(JsonElement migration, string where)
    {
        Console.Error.WriteLine(Describe(migration));
        Console.Error.WriteLine(where switch
        {
            "source" => $"You say that the VM is on {migration.Text("sourceHostName")} and certainly NOT on {migration.Text("destinationHostName")}.",
            "destination" => $"You say that the VM is on {migration.Text("destinationHostName")} and certainly NOT on {migration.Text("sourceHostName")}.",
            _ => "You say that the VM runs on neither host.",
        });
        Console.Error.WriteLine("If that is wrong, two copies may run and destroy the VM's disks. Look on both hosts (or make sure that the silent one is off) before you go on.");
        if (Console.IsInputRedirected)
        {
            Console.Error.WriteLine("Nobody can be asked here: add --yes.");
            return false;
        }

        Console.Error.Write("Type the VM's name to go on: ");
        if (Console.ReadLine()?.Trim() == migration.Text("vmName"))
        {
            return true;
        }

        Console.Error.WriteLine("Nothing was done.");
        return false;
    }

    /// <summary>One migration in lines for a person: only what there is to say.</summary>
    internal static string Describe(JsonElement m)
    {
        var lines = new List<string>
        {
            $"{m.Text("id")}  {m.Text("vmName")}  {m.Text("sourceHostName")} -> {m.Text("destinationHostName")}  {m.Text("status")}, {m.Text("phase")}",
        };
        void Add(string what, string text)
        {
            if (text.Length > 0)
            {
                lines.Add($"  {what,-12} {text}");
            }
        }

        JsonElement? Part(string name) => m.TryGetProperty(name, out var part) ? part : null;
        Add("waits", Part("waiting")?.Text("reason") ?? "");
        Add("forecast", Part("forecast")?.Text("verdict") ?? "");
        if (Part("progress") is { } p && Part("finishedAt") is null)
        {
            Add("progress", string.Create(CultureInfo.InvariantCulture, $"{p.GetProperty("percent").GetDouble():F1} %, round {p.Text("round")}{(Remaining(m) is { Length: > 0 } left ? $", {left} left" : "")}"));
        }

        Add("bandwidth", Part("grantedBandwidthMiBps") is { } share ? $"{share} MiB/s granted" : "");
        if (Part("doubt") is { } doubt)
        {
            Add("in doubt", $"{doubt.Text("unknown")} Since {doubt.Text("since")}.");
            foreach (var silent in doubt.GetProperty("unansweredHosts").EnumerateArray())
            {
                Add("no answer", $"{silent.Text("name")} ({silent.Text("id")}), last seen {silent.Text("lastSeenAt")}");
            }
        }

        if (Part("resolution") is { } word)
        {
            var trail = word.GetProperty("trail");
            var became = word.TryGetProperty("rejected", out var rejected) ? $"rejected: {rejected.Text("message")}" : word.TryGetProperty("appliedAt", out _) ? "applied" : "asked for";
            Add("resolution", $"{word.Text("resolution")} by {trail.Text("requestedBy")} ({trail.Text("reason")}), {became}");
        }

        Add("took", Part("totalMs") is { } total ? $"{total} ms, guest paused {(m.Text("downtimeMs") is { Length: > 0 } ms ? $"{ms} ms" : "unknown")}" : "");
        Add("left behind", Part("leftOnSource") is { } left2 ? string.Join(", ", left2.EnumerateArray()) : "");
        for (var error = Part("error"); error is { } e; error = e.TryGetProperty("cause", out var cause) ? cause : null)
        {
            Add("error", $"{e.Text("message")} {e.Text("advice")}".Trim());
        }

        return string.Join('\n', lines);
    }

    /// <summary>The time that is left, as an interval; empty if there is too little to go by.</summary>
    static string Remaining(JsonElement migration)
    {
        static string Seconds(JsonElement ms) => (ms.GetInt64() / 1000.0).ToString("F0", CultureInfo.InvariantCulture);
        return migration.TryGetProperty("finishedAt", out _) || !migration.TryGetProperty("progress", out var p) || !p.TryGetProperty("etaP10Ms", out var low) ? ""
            : p.TryGetProperty("etaP90Ms", out var high) ? $"{Seconds(low)}-{Seconds(high)} s" : $"at least {Seconds(low)} s";
    }

    static Argument<OperationId> Id() => new("id")
    {
        Description = "The migration's id.",
        CustomParser = r =>
        {
            if (OperationId.TryParse(r.Tokens[0].Value, null, out var id))
            {
                return id;
            }

            r.AddError($"'{r.Tokens[0].Value}' is no migration's id (hv migration list).");
            return default;
        },
    };

    static IReadOnlyList<ConvergenceStep>? Ladder(ArgumentResult result)
    {
        try
        {
            return LadderText.Parse(result.Tokens[0].Value);
        }
        catch (FormatException e)
        {
            result.AddError(e.Message);
            return null;
        }
    }
}
