using System.CommandLine;
using HvPlatform.ApiClient;
using HvPlatform.Cli.Client.Following;

namespace HvPlatform.Cli.Client.Verbs;

/// <summary><c>hv vm export</c> and <c>hv vm import</c>. Both show how far they are, unless told not to.</summary>
internal static class PackageVerbs
{
    public static Command Export(Cli cli)
    {
        var (vm, detach) = (Find.VmArgument(), Detach());
        var to = new Option<string>("--to") { Description = "The directory on the VM's host, below one of its export roots.", Required = true, HelpName = "DIR" };
        var mode = new Option<ExportMode>("--mode") { Description = "Full, ConfigurationOnly or ForLiveMigration.", HelpName = "MODE", DefaultValueFactory = _ => ExportMode.Full };
        var state = new Option<bool>("--runtime-state") { Description = "Take a saved VM's memory along." };
        var snapshots = new Option<string>("--snapshots") { Description = "all, none, or one snapshot's id.", DefaultValueFactory = _ => "all" };
        return cli.Do("export", "Exports a VM into a directory of its host, and shows how far it is.", [vm, to, mode, state, snapshots, detach], async run =>
        {
            var which = run.Get(snapshots);
            var settings = new ExportSettings
            {
                Directory = run.Get(to),
                Mode = run.Get(mode),
                RuntimeState = run.Get(state),
                Snapshots = which switch { "all" => ExportSnapshots.All, "none" => ExportSnapshots.None, _ => ExportSnapshots.One },
                SnapshotId = which is "all" or "none" ? null : which,
            };
            return await FollowAsync(run, await run.Api.StartExportAsync(await Find.VmAsync(run, run.Get(vm)), settings, cancellationToken: run.Cancelled), run.Get(detach));
        });
    }

    public static Command Import(Cli cli)
    {
        var (host, detach) = (Find.HostArgument(), Detach());
        var directory = new Argument<string>("DIRECTORY") { Description = "The export's directory on the host." };
        var id = new Option<Guid?>("--id") { Description = "The id the VM gets; with --keep-id the id the export holds." };
        var keep = new Option<bool>("--keep-id") { Description = "Keep the exported VM's identity: no VM may have it." };
        var name = new Option<string?>("--name") { Description = "The VM's new name." };
        var file = new Option<string?>("--definition") { Description = "The definition's file within the directory, if it holds more than one. Hyper-V's services list no directories: there it is needed, and hv vm export prints it." };
        var disks = new Option<string[]>("--disk") { Description = "FROM=TO: where a disk of the export (its path or file name) is on this host." };
        var networks = new Option<string[]>("--network") { Description = "FROM=TO: the network or switch here for one of the export; an empty TO leaves the adapter unconnected." };
        var inPlace = new Option<bool>("--in-place") { Description = "Register the VM with the export's own files instead of copying them. Needed on Hyper-V, whose services copy no files." };
        var diskDirectory = new Option<string?>("--disk-directory") { Description = "Where copied disks go.", HelpName = "DIR" };
        var start = new Option<bool>("--start") { Description = "Start the VM afterwards." };
        return cli.Do("import", "Makes a VM out of an export on a host, and shows how far it is.", [host, directory, id, keep, name, file, disks, networks, inPlace, diskDirectory, start, detach], async run =>
        {
            var settings = new ImportSettings
            {
                Directory = run.Get(directory),
                DefinitionFile = run.Get(file),
                NewId = !run.Get(keep),
                NewName = run.Get(name),
                DiskPaths = Mappings(run.Get(disks), "--disk"),
                Networks = Mappings(run.Get(networks), "--network"),
                Copy = !run.Get(inPlace),
                DiskDirectory = run.Get(diskDirectory),
                Start = run.Get(start),
            };
            var body = new StartImportRequest { VmId = run.Get(id), Settings = settings };
            return await FollowAsync(run, await run.Api.StartImportAsync(await Find.HostAsync(run, run.Get(host)), body, cancellationToken: run.Cancelled), run.Get(detach));
        });
    }

    /// <summary>After an export: where its definition is and how it is imported.</summary>
    public static IEnumerable<string> HowToImport(OperationView operation)
    {
        if (operation is not { Kind: OperationKind.ExportVm, Package: { Result.Manifest: { } manifest } package })
        {
            yield break;
        }

        var definition = manifest.Files.FirstOrDefault(f => f.Kind == "definition")?.Path;
        yield return $"Its definition is {definition} in {package.Directory} on the host. To import it there:";
        yield return $"  hv vm import HOST '{package.Directory}'{(definition is not null && manifest.Hypervisor == HypervisorKind.HyperV ? $" --definition '{definition}' --in-place" : "")}";
    }

    /// <summary>FROM=TO, the first equals sign divides.</summary>
    internal static IReadOnlyList<ImportMapping> Mappings(string[]? texts, string option) =>
    [
        .. (texts ?? []).Select(t => t.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
            ? new ImportMapping { From = t[..at], To = t[(at + 1)..] }
            : throw new CliException($"{option} {t}: it is written FROM=TO.", ExitCodes.Usage)),
    ];

    static Option<bool> Detach() => new("--detach") { Description = "Return as soon as it is accepted." };

    static async Task<int> FollowAsync(Run run, Answer<OperationView> accepted, bool detach)
    {
        if (detach || run.Wait is not null)
        {
            return await Follow.OperationAsync(run, accepted, atEnd: HowToImport);
        }

        using var waiting = run.Waiting(Timeout.InfiniteTimeSpan);
        return await Follow.OperationAsync(waiting, accepted, atEnd: HowToImport);
    }
}
