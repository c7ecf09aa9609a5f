using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HvPlatform.Contracts;

namespace HvPlatform.Cli.Client;

/// <summary>The verbs that talk to a running platform. Exit codes: 0 done, 1 the operation did not succeed, 2 wrong usage, 3 not found, 4 refused, 5 unreachable.</summary>
internal static class ClientCommands
{
    static readonly (string Verb, string Method, string What)[] s_vmActions =
    [
        ("start", "POST", "Starts a stopped or saved VM."), ("shutdown", "POST", "Asks the guest to shut down."), ("force-off", "POST", "Turns a VM off at once, as pulling the plug does."),
        ("pause", "POST", "Stops the virtual CPUs."), ("resume", "POST", "Lets a paused VM run on."), ("reboot", "POST", "Asks the guest to reboot."),
        ("save", "POST", "Writes a VM's memory to disk and stops it; a start goes on from there."), ("reset", "POST", "Resets a VM at once, as its reset button does."),
        ("hibernate", "POST", "Asks the guest to hibernate and turn off."), ("delete", "DELETE", "Removes a stopped VM's definition; its disks stay."),
    ];

    /// <summary>All of them.</summary>
    public static IEnumerable<Command> Create() => [Hosts(), Vms(), MigrationCommands.Migrate(), MigrationCommands.Migrations(), Operations(), EvacuationCommands.Evacuations()];

    static Command Hosts()
    {
        var output = Output.Option();
        var list = new Command("list", "Lists the hosts.") { output };
        list.SetAction((parsed, ct) => WithApiAsync(async api =>
        {
            Output.List(parsed.GetValue(output)!, await api.ListAsync("/v1/hosts", ct),
                ("ID", h => h.Text("id")), ("NAME", h => h.Text("name")), ("KIND", h => h.Text("kind")), ("STATUS", h => h.TryGetProperty("maintenance", out _) ? $"{h.Text("status")}, maintenance" : h.Text("status")),
                ("VMS", h => $"{h.Text("runningVmCount")}/{h.Text("vmCount")}"), ("FREE MiB", h => h.Text("memoryFreeMiB")), ("HYPERVISOR", h => h.Text("hypervisor")));
            return 0;
        }));
        return new("host", "Hosts.") { list, Switches(), EvacuationCommands.Evacuate(), EvacuationCommands.Maintenance() };
    }

    static Command Switches()
    {
        var (host, output) = (new Argument<string>("host") { Description = "The host's id or name." }, Output.Option());
        var switches = new Command("switches", "Lists a host's virtual switches.") { host, output };
        switches.SetAction((parsed, ct) => WithApiAsync(async api =>
        {
            var found = await api.GetAsync($"/v1/hosts/{await FindHostAsync(api, parsed.GetValue(host)!, ct)}/switches", ct);
            Output.List(parsed.GetValue(output)!, [.. found.GetProperty("switches").EnumerateArray()], ("NAME", s => s.Text("name")), ("KIND", s => s.Text("kind")), ("ID", s => s.Text("id")));
            return 0;
        }));
        return switches;
    }

    static Command Vms()
    {
        var output = Output.Option();
        var search = new Option<string?>("--search") { Description = "Text found in the name, an id, a MAC address or the host's name." };
        var asOf = new Option<string?>("--as-of") { Description = "The fleet as it was at this instant, for example 2026-05-04T03:02:01Z." };
        var list = new Command("list", "Lists the VMs.") { search, asOf, output };
        list.SetAction((parsed, ct) => WithApiAsync(async api =>
        {
            var query = string.Join('&', new[] { ("search", parsed.GetValue(search)), ("asOf", parsed.GetValue(asOf)) }.Where(q => q.Item2 is not null).Select(q => $"{q.Item1}={Uri.EscapeDataString(q.Item2!)}"));
            Output.List(parsed.GetValue(output)!, await api.ListAsync($"/v1/vms{(query.Length > 0 ? "?" + query : "")}", ct),
                ("ID", v => v.Text("id")), ("NAME", v => v.Text("name")), ("STATE", v => v.Text("state")), ("HOST", v => v.Text("hostName")),
                ("VCPUS", v => v.Text("vcpus")), ("MiB", v => v.Text("memoryMiB")), ("", v => v.TryGetProperty("simulated", out var s) && s.ValueKind == JsonValueKind.True ? "simulated" : ""));
            return 0;
        }));

        var command = new Command("vm", "VMs.") { list, History(), PackageCommands.Export(), PackageCommands.Import() };
        foreach (var action in s_vmActions)
        {
            var verb = Action(action.Verb, new(action.Method), action.What);
            if (action.Verb == "shutdown")
            {
                verb.Aliases.Add("stop");
            }

            command.Add(verb);
        }

        foreach (var verb in VmCommands.Create())
        {
            command.Add(verb);
        }

        return command;
    }

    static Command History()
    {
        var (vm, output) = (Vm(), Output.Option());
        var history = new Command("history", "Everything that ever happened to a VM, oldest first.") { vm, output };
        history.SetAction((parsed, ct) => WithApiAsync(async api =>
        {
            var id = await FindVmAsync(api, parsed.GetValue(vm)!, ct);
            Output.List(parsed.GetValue(output)!, await api.ListAsync($"/v1/vms/{id}/history", ct),
                ("#", e => e.Text("version")), ("AT", e => e.GetProperty("at").GetDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture)),
                ("EVENT", e => e.Text("type")), ("DATA", e => Shorten(e.GetProperty("data").GetRawText())));
            return 0;
        }));
        return history;
    }

    static Command Action(string verb, HttpMethod method, string what)
    {
        var (vm, output, wait) = (Vm(), Output.Option(), Wait());
        var command = new Command(verb, what) { vm, wait, output };
        command.SetAction((parsed, ct) => WithApiAsync(async api =>
        {
            var path = $"/v1/vms/{await FindVmAsync(api, parsed.GetValue(vm)!, ct)}{(method == HttpMethod.Delete ? "" : $"/{verb}")}";
            var operation = await api.CommandAsync(method, path, null, ct);
            return Output.Operation(parsed.GetValue(output)!, parsed.GetValue(wait) ? await api.WaitAsync(operation.Id, ct) : operation);
        }));
        return command;
    }

    static Command Operations()
    {
        var (id, output) = (new Argument<string>("id") { Description = "The operation's id." }, Output.Option());
        var get = new Command("get", "Shows one operation.") { id, output };
        get.SetAction((parsed, ct) => WithApiAsync(async api =>
        {
            var operation = await api.GetAsync($"/v1/operations/{Uri.EscapeDataString(parsed.GetValue(id)!)}", ct);
            if (parsed.GetValue(output) == "json")
            {
                Output.Json(operation);
                return 0;
            }

            return Output.Operation("table", operation.Deserialize<OperationRow>(HvJson.Options)!);
        }));
        return new("operation", "Operations.") { get, PackageCommands.Cancel(), PackageCommands.Resolve() };
    }

    public static Argument<string> Vm() => new("vm") { Description = "The VM's id or name." };

    public static Option<bool> Wait() => new("--wait") { Description = "Return when it has ended." };

    public static async Task<VmId> FindVmAsync(HvApi api, string text, CancellationToken cancellationToken)
    {
        if (VmId.TryParse(text, null, out var id))
        {
            return id;
        }

        var found = await api.ListAsync($"/v1/vms?name={Uri.EscapeDataString(text)}", cancellationToken);
        return found.Count switch
        {
            1 => found[0].Deserialize<VmRow>(HvJson.Options)!.Id,
            0 => throw new ApiException($"There is no VM with the id or name '{text}' (hv vm list).", 3),
            _ => throw new ApiException($"{found.Count} VMs are called '{text}': give the id of one (hv vm list --search {text}).", 4),
        };
    }

    /// <summary>A host's id from its id or name.</summary>
    public static async Task<HostId> FindHostAsync(HvApi api, string text, CancellationToken cancellationToken)
    {
        if (HostId.TryParse(text, null, out var id))
        {
            return id;
        }

        var found = await api.ListAsync($"/v1/hosts?name={Uri.EscapeDataString(text)}", cancellationToken);
        return found.Count switch
        {
            1 => found[0].Deserialize<HostRow>(HvJson.Options)!.Id,
            0 => throw new ApiException($"There is no host with the id or name '{text}' (hv host list).", 3),
            _ => throw new ApiException($"{found.Count} hosts are called '{text}': give the id of one (hv host list).", 4),
        };
    }

    /// <summary>Runs a verb against the API of the environment.</summary>
    public static async Task<int> WithApiAsync(Func<HvApi, Task<int>> action)
    {
        using var api = HvApi.FromEnvironment();
        return await action(api);
    }

    static string Shorten(string text) => text.Length > 160 ? text[..157] + "..." : text;
}
