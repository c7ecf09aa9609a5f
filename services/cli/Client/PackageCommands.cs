using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;

namespace HvPlatform.Cli.Client;

/// <summary><c>hv vm export</c>, <c>hv vm import</c>, <c>hv operation cancel|resolve</c>.</summary>
internal static class PackageCommands
{
    static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(200);

    public static Command Export()
    {
        var (vm, output, detach) = (ClientCommands.Vm(), Output.Option(), Detach());
        var to = new Option<string>("--to") { Description = "The directory on the VM's host, below one of its export roots.", Required = true };
        var mode = new Option<ExportMode>("--mode") { Description = "Full, ConfigurationOnly or ForLiveMigration.", DefaultValueFactory = _ => ExportMode.Full };
        var state = new Option<bool>("--runtime-state") { Description = "Take a saved VM's memory along." };
        var snapshots = new Option<string>("--snapshots") { Description = "all, none, or one snapshot's id.", DefaultValueFactory = _ => "all" };
        var export = new Command("export", "Exports a VM into a directory of its host, and shows how far it is.") { vm, to, mode, state, snapshots, detach, output };
        export.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var which = parsed.GetValue(snapshots)!;
            var settings = new ExportSettings
            {
                Directory = parsed.GetValue(to)!,
                Mode = parsed.GetValue(mode),
                RuntimeState = parsed.GetValue(state),
                Snapshots = which switch { "all" => ExportSnapshots.All, "none" => ExportSnapshots.None, _ => ExportSnapshots.One },
                SnapshotId = which is "all" or "none" ? null : which,
            };
            var operation = await api.CommandAsync(HttpMethod.Post, $"/v1/vms/{await ClientCommands.FindVmAsync(api, parsed.GetValue(vm)!, ct)}/export", settings, ct);
            return await FollowAsync(api, operation, parsed.GetValue(output)!, parsed.GetValue(detach), ct);
        }));
        return export;
    }

    public static Command Import()
    {
        var (output, detach) = (Output.Option(), Detach());
        var host = new Argument<string>("host") { Description = "The host's id or name." };
        var directory = new Argument<string>("directory") { Description = "The export's directory on the host." };
        var id = new Option<string?>("--id") { Description = "The id the VM gets; with --keep-id the id the export holds." };
        var keep = new Option<bool>("--keep-id") { Description = "Keep the exported VM's identity: no VM may have it." };
        var name = new Option<string?>("--name") { Description = "The VM's new name." };
        var file = new Option<string?>("--definition") { Description = "The definition's file within the directory, if it holds more than one. Hyper-V's services list no directories: there it is needed, and hv vm export prints it." };
        var disks = new Option<string[]>("--disk") { Description = "FROM=TO: where a disk of the export (its path or file name) is on this host." };
        var networks = new Option<string[]>("--network") { Description = "FROM=TO: the network or switch here for one of the export; an empty TO leaves the adapter unconnected." };
        var inPlace = new Option<bool>("--in-place") { Description = "Register the VM with the export's own files instead of copying them. Needed on Hyper-V, whose services copy no files." };
        var diskDirectory = new Option<string?>("--disk-directory") { Description = "Where copied disks go." };
        var start = new Option<bool>("--start") { Description = "Start the VM afterwards." };
        var import = new Command("import", "Makes a VM out of an export on a host, and shows how far it is.")
        {
            host, directory, id, keep, name, file, disks, networks, inPlace, diskDirectory, start, detach, output,
        };
        import.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var settings = new ImportSettings
            {
                Directory = parsed.GetValue(directory)!,
                DefinitionFile = parsed.GetValue(file),
                NewId = !parsed.GetValue(keep),
                NewName = parsed.GetValue(name),
                DiskPaths = Mappings(parsed.GetValue(disks), "--disk"),
                Networks = Mappings(parsed.GetValue(networks), "--network"),
                Copy = !parsed.GetValue(inPlace),
                DiskDirectory = parsed.GetValue(diskDirectory),
                Start = parsed.GetValue(start),
            };
            var operation = await api.CommandAsync(
                HttpMethod.Post, $"/v1/hosts/{await ClientCommands.FindHostAsync(api, parsed.GetValue(host)!, ct)}/import", new { vmId = parsed.GetValue(id), settings }, ct);
            return await FollowAsync(api, operation, parsed.GetValue(output)!, parsed.GetValue(detach), ct);
        }));
        return import;
    }

    public static Command Cancel()
    {
        var (id, output, wait) = (Id(), Output.Option(), ClientCommands.Wait());
        var cancel = new Command("cancel", "Asks for an export or import to be undone. With --wait, exit code 1 if it was not undone.") { id, wait, output };
        cancel.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var operation = await api.CommandAsync(HttpMethod.Post, $"/v1/operations/{Uri.EscapeDataString(parsed.GetValue(id)!)}/cancel", null, ct);
            operation = parsed.GetValue(wait) ? await api.WaitAsync(operation.Id, ct) : operation;
            return Output.Operation(parsed.GetValue(output)!, operation, succeeded: OperationStatus.Cancelled);
        }));
        return cancel;
    }

    public static Command Resolve()
    {
        var (id, output) = (Id(), Output.Option());
        var was = new Option<string>("--it-is") { Description = "done or not-done, as you have made sure on the host.", Required = true };
        var reason = new Option<string>("--reason") { Description = "How you know; kept with the operation and your name.", Required = true };
        was.AcceptOnlyFromAmong("done", "not-done");
        var resolve = new Command("resolve", "Ends an export or import in doubt by your word, when its host will not answer any more.") { id, was, reason, output };
        resolve.SetAction((parsed, ct) => ClientCommands.WithApiAsync(async api =>
        {
            var resolution = parsed.GetValue(was) == "done" ? PackageResolution.Done : PackageResolution.NotDone;
            return Output.Operation(parsed.GetValue(output)!, await api.CommandAsync(
                HttpMethod.Post, $"/v1/operations/{Uri.EscapeDataString(parsed.GetValue(id)!)}/resolve", new { resolution, reason = parsed.GetValue(reason) }, ct));
        }));
        return resolve;
    }

    /// <summary>FROM=TO, the first equals sign divides.</summary>
    internal static IReadOnlyList<ImportMapping> Mappings(string[]? texts, string option) =>
    [
        .. (texts ?? []).Select(t => t.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
            ? new ImportMapping { From = t[..at], To = t[(at + 1)..] }
            : throw new ApiException($"{option} {t}: it is written FROM=TO.", 2)),
    ];

    static Option<bool> Detach() => new("--detach") { Description = "Return as soon as it is accepted." };

    static Argument<string> Id() => new("id") { Description = "The operation's id." };

    static async Task<int> FollowAsync(HvApi api, OperationRow accepted, string format, bool detach, CancellationToken cancellationToken)
    {
        var shown = "";
        while (!detach)
        {
            var json = await api.GetAsync($"/v1/operations/{accepted.Id}", cancellationToken);
            var operation = json.Deserialize<OperationRow>(HvJson.Options)!;
            if (operation.IsFinal)
            {
                if (format == "json")
                {
                    Output.Json(json);
                    return operation.Status == OperationStatus.Succeeded ? 0 : 1;
                }

                var exit = Output.Operation(format, operation);
                if (exit == 0)
                {
                    ShowImport(json);
                }
                else
                {
                    ShowOptions(operation.Error);
                }

                return exit;
            }

            if (format != "json" && Line(json) is var line && line != shown)
            {
                Console.Error.WriteLine(shown = line);
            }

            await Task.Delay(s_poll, cancellationToken);
        }

        return Output.Operation(format, accepted);
    }

    /// <summary>After an export: where its definition is and how it is imported.</summary>
    static void ShowImport(JsonElement operation)
    {
        if (!operation.TryGetProperty("package", out var package) || !package.TryGetProperty("result", out var result) || !result.TryGetProperty("manifest", out var manifest)
            || operation.Text("kind") != nameof(OperationKind.ExportVm))
        {
            return;
        }

        var definition = manifest.GetProperty("files").EnumerateArray().FirstOrDefault(f => f.Text("kind") == "definition") is { ValueKind: JsonValueKind.Object } file ? file.Text("path") : null;
        var directory = package.Text("directory");
        Console.WriteLine($"Its definition is {definition} in {directory} on the host. To import it there:");
        Console.WriteLine($"  hv vm import HOST '{directory}'{(definition is not null && manifest.Text("hypervisor") == nameof(HypervisorKind.HyperV) ? $" --definition '{definition}' --in-place" : "")}");
    }

    /// <summary>Errors name the members of the API: says which options these are.</summary>
    static void ShowOptions(ErrorInfo? error)
    {
        for (; error is not null; error = error.Cause)
        {
            var text = $"{error.Message} {error.Advice}";
            if (text.Contains("definitionFile", StringComparison.Ordinal))
            {
                Console.Error.WriteLine("  definitionFile is the option --definition.");
            }

            if (text.Contains("copy false", StringComparison.Ordinal))
            {
                Console.Error.WriteLine("  copy false is the option --in-place.");
            }
        }
    }

    static string Line(JsonElement operation)
    {
        if (!operation.TryGetProperty("package", out var package))
        {
            return operation.Text("status");
        }

        var percent = package.TryGetProperty("progress", out var progress) && package.Text("phase") is "Exporting" or "Planning"
            ? string.Create(CultureInfo.InvariantCulture, $" {progress.GetProperty("percent").GetDouble():F0} %")
            : "";
        return $"{package.Text("phase")}{percent}{(package.TryGetProperty("unknown", out var unknown) ? $": {unknown}" : "")}";
    }
}
