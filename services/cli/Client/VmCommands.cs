using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HvPlatform.Contracts;

namespace HvPlatform.Cli.Client;

/// <summary>The verbs of <c>hv vm</c> that say more than which VM: name, settings, checkpoints, key-value pairs, files, screen.</summary>
internal static class VmCommands
{
    /// <summary>All of them.</summary>
    public static IEnumerable<Command> Create() =>
        [Rename(), Settings(), VmSettingsCommands.Set(), VmSettingsCommands.Disk(), VmSettingsCommands.Adapter(), Checkpoints(), Kvp(), CopyFile(), MoveStorage(), Screenshot(), WaitFor()];

    static Command Rename()
    {
        var (vm, output, wait) = (ClientCommands.Vm(), Output.Option(), ClientCommands.Wait());
        var name = new Argument<string>("name") { Description = "The new name." };
        var command = new Command("rename", "Gives a VM another name.") { vm, name, wait, output };
        command.SetAction((parsed, ct) => PostAsync(parsed, vm, "rename", new { name = parsed.GetValue(name) }, wait, output, ct));
        return command;
    }

    static Command Settings()
    {
        var vm = ClientCommands.Vm();
        var command = new Command("settings", "Shows a VM's settings as its host has them now (JSON).") { vm };
        command.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            Output.Json(await ReadAsync(api, parsed.GetValue(vm)!, "settings", ct));
            return 0;
        }));
        return command;
    }

    static Command Checkpoints()
    {
        var (vm, output) = (ClientCommands.Vm(), Output.Option());
        var list = new Command("list", "Lists a VM's checkpoints as a tree.") { vm, output };
        list.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var items = (await ReadAsync(api, parsed.GetValue(vm)!, "checkpoints", ct)).GetProperty("checkpoints").EnumerateArray().ToList();
            var ordered = CheckpointTree.Order(items);
            Output.List(parsed.GetValue(output)!, [.. ordered.Select(o => o.Checkpoint)],
                ("NAME", c => $"{new string(' ', 2 * ordered.First(o => o.Checkpoint.Text("id") == c.Text("id")).Depth)}{c.Text("name")}"),
                ("ID", c => c.Text("id")), ("CREATED", c => c.GetProperty("createdAt").GetDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)),
                ("", c => c.TryGetProperty("current", out var current) && current.ValueKind == JsonValueKind.True ? "current" : ""));
            return 0;
        }));

        var subtree = new Option<bool>("--subtree") { Description = "Also all that were made from it." };
        var create = Checkpoint("create", "Keeps a VM's state and disks as they are now.", "name", "Its name.", "checkpoints", (name, _) => new { name });
        var apply = Checkpoint("apply", "Brings a stopped VM back to a checkpoint; what came after it is lost.", "checkpoint", "Its id.", "checkpoints/apply", (checkpointId, _) => new { checkpointId });
        var delete = Checkpoint("delete", "Deletes a checkpoint; the VM stays as it is.", "checkpoint", "Its id.", "checkpoints/delete",
            (checkpointId, parsed) => new { checkpointId, subtree = parsed.GetValue(subtree) });
        delete.Add(subtree);
        return new("checkpoint", "Checkpoints of a VM.") { list, create, apply, delete };
    }

    static Command Checkpoint(string verb, string what, string argument, string description, string path, Func<string, ParseResult, object> body)
    {
        var (vm, output, wait) = (ClientCommands.Vm(), Output.Option(), ClientCommands.Wait());
        var which = new Argument<string>(argument) { Description = description };
        var command = new Command(verb, what) { vm, which, wait, output };
        command.SetAction((parsed, ct) => PostAsync(parsed, vm, path, body(parsed.GetValue(which)!, parsed), wait, output, ct));
        return command;
    }

    static Command Kvp()
    {
        var (vm, output) = (ClientCommands.Vm(), Output.Option());
        var list = new Command("list", "Lists a VM's key-value pairs, the guest's and the host's.") { vm, output };
        list.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var kvp = await ReadAsync(api, parsed.GetValue(vm)!, "kvp", ct);
            if (parsed.GetValue(output) == "json")
            {
                Output.Json(kvp);
                return 0;
            }

            var items = new[] { "guest", "guestIntrinsic", "host", "hostOnly" }.SelectMany(pool =>
                kvp.TryGetProperty(pool, out var list) ? list.EnumerateArray().Select(i => JsonSerializer.SerializeToElement(new { pool, key = i.Text("key"), value = i.Text("value") })) : []).ToList();
            Output.List("table", items, ("POOL", i => i.Text("pool")), ("KEY", i => i.Text("key")), ("VALUE", i => i.Text("value")));
            return 0;
        }));
        return new("kvp", "Key-value pairs that host and guest exchange.") { list, Write("set", "Adds or changes a pair of the host.", withValue: true), Write("remove", "Removes a pair of the host.", withValue: false) };
    }

    static Command Write(string verb, string what, bool withValue)
    {
        var (vm, output, wait) = (ClientCommands.Vm(), Output.Option(), ClientCommands.Wait());
        var key = new Argument<string>("key") { Description = "The key." };
        var value = new Argument<string>("value") { Description = "The value." };
        var hostOnly = new Option<bool>("--host-only") { Description = "A pair that the guest does not see." };
        var command = new Command(verb, what) { vm, key };
        if (withValue)
        {
            command.Add(value);
        }

        command.Add(hostOnly);
        command.Add(wait);
        command.Add(output);
        command.SetAction((parsed, ct) => PostAsync(
            parsed, vm, "kvp", new { changes = new[] { new { key = parsed.GetValue(key), value = withValue ? parsed.GetValue(value) : null, hostOnly = parsed.GetValue(hostOnly) } } }, wait, output, ct));
        return command;
    }

    static Command CopyFile()
    {
        var (vm, output, wait) = (ClientCommands.Vm(), Output.Option(), ClientCommands.Wait());
        var source = new Argument<string>("source") { Description = "The file on the VM's host." };
        var destination = new Argument<string>("destination") { Description = "Where in the guest, with the file's name." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace a file that is there." };
        var directories = new Option<bool>("--create-directories") { Description = "Make directories that are missing." };
        var command = new Command("copy-file", "Copies a file of the VM's host into the running guest.") { vm, source, destination, overwrite, directories, wait, output };
        command.SetAction((parsed, ct) => PostAsync(
            parsed, vm, "files",
            new { sourcePath = parsed.GetValue(source), destinationPath = parsed.GetValue(destination), overwrite = parsed.GetValue(overwrite), createDirectories = parsed.GetValue(directories) },
            wait, output, ct));
        return command;
    }

    static Command MoveStorage()
    {
        var (vm, output, wait) = (ClientCommands.Vm(), Output.Option(), ClientCommands.Wait());
        var to = new Option<string?>("--to") { Description = "The directory on the VM's host for its configuration, checkpoints and all disks that --disk does not name." };
        var disks = new Option<string[]>("--disk") { Description = "SRC=DST: a disk, by its file or name, and its new file. May be repeated." };
        var retain = new Option<bool>("--retain-source") { Description = "The old files stay." };
        disks.Validators.Add(result =>
        {
            foreach (var wrong in result.Tokens.Where(t => t.Value.IndexOf('=', StringComparison.Ordinal) <= 0 || t.Value.EndsWith('=')))
            {
                result.AddError($"--disk takes SRC=DST, found '{wrong.Value}'.");
            }
        });
        var command = new Command("move-storage", "Moves a VM's storage on its own host, also while it runs.") { vm, to, disks, retain, wait, output };
        command.SetAction((parsed, ct) => PostAsync(
            parsed, vm, "storage-moves",
            new
            {
                directory = parsed.GetValue(to),
                disks = (parsed.GetValue(disks) ?? []).Select(d => d.Split('=', 2)).Select(d => new { source = d[0], destination = d[1] }).ToArray(),
                retainSource = parsed.GetValue(retain),
            },
            wait, output, ct));
        return command;
    }

    static Command Screenshot()
    {
        var vm = ClientCommands.Vm();
        var file = new Option<string>("--output", "-o") { Description = "The file to write, a PNG.", Required = true };
        var width = new Option<int?>("--width") { Description = "Width wanted, pixels; with neither 1024 × 768. A host may give less: Hyper-V at most 480 × 360 pixels or as many in another proportion." };
        var height = new Option<int?>("--height") { Description = "Height wanted, pixels." };
        var command = new Command("screenshot", "Writes a picture of a VM's screen to a file.") { vm, file, width, height };
        command.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var size = string.Join('&', new[] { ("width", parsed.GetValue(width)), ("height", parsed.GetValue(height)) }.Where(s => s.Item2 is not null)
                .Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Item1}={s.Item2}")));
            var picture = await ReadAsync(api, parsed.GetValue(vm)!, $"screenshot{(size.Length > 0 ? "?" + size : "")}", ct);
            await File.WriteAllBytesAsync(parsed.GetValue(file)!, Convert.FromBase64String(picture.Text("pngBase64")), ct);
            Console.WriteLine($"{parsed.GetValue(file)}: {picture.Text("widthPixels")} × {picture.Text("heightPixels")} pixels");
            return 0;
        }));
        return command;
    }

    static Command WaitFor()
    {
        var vm = ClientCommands.Vm();
        var state = new Option<VmState>("--state") { Description = "The state to wait for.", DefaultValueFactory = _ => VmState.Running };
        var timeout = new Option<int>("--timeout") { Description = "Give up after this many seconds; exit code 1.", DefaultValueFactory = _ => 300 };
        var command = new Command("wait", "Returns when a VM is in a state.") { vm, state, timeout };
        command.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var id = await ClientCommands.FindVmAsync(api, parsed.GetValue(vm)!, ct);
            var until = TimeProvider.System.GetUtcNow().AddSeconds(parsed.GetValue(timeout));
            while (true)
            {
                var now = (await api.GetAsync($"/v1/vms/{id}", ct)).Text("state");
                if (now == parsed.GetValue(state).ToString())
                {
                    return 0;
                }

                if (TimeProvider.System.GetUtcNow() > until)
                {
                    Console.Error.WriteLine($"The VM is {now}, not {parsed.GetValue(state)}, after {parsed.GetValue(timeout)} s.");
                    return 1;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(200), ct);
            }
        }));
        return command;
    }

    /// <summary>Sends a command about a VM with a body.</summary>
    public static Task<int> PostAsync(ParseResult parsed, Argument<string> vm, string path, object body, Option<bool> wait, Option<string> output, CancellationToken cancellationToken) =>
        ClientCommands.WithApiAsync(async api =>
        {
            var id = await ClientCommands.FindVmAsync(api, parsed.GetValue(vm)!, cancellationToken);
            var operation = await api.CommandAsync(HttpMethod.Post, $"/v1/vms/{id}/{path}", body, cancellationToken);
            return Output.Operation(parsed.GetValue(output)!, parsed.GetValue(wait) ? await api.WaitAsync(operation.Id, cancellationToken) : operation);
        });

    static async Task<JsonElement> ReadAsync(HvApi api, string vm, string path, CancellationToken cancellationToken) =>
        await api.GetAsync($"/v1/vms/{await ClientCommands.FindVmAsync(api, vm, cancellationToken)}/{path}", cancellationToken);
}
