using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Libvirt.Native;
using HvPlatform.Hypervisors.Packages;

namespace HvPlatform.Hypervisors.Libvirt.Export;

/// <summary>
/// The export facet: a domain's XML and its disks in a directory of the host, each file with its SHA-256, and back. The VM has to be off: nothing makes a running VM's
/// disks stand still for the copy. Images that lie upon others, or hold snapshots that do not go along, are written flat.
/// </summary>
sealed partial class LibvirtExport(LibvirtConnector connector, HostFacts host, TimeProvider time) : IExportDriver
{
    readonly CancellationTokenSource _closed = new();

    /// <summary>The driver is gone: copies end.</summary>
    public void Close() => _closed.Cancel();

    PackageFiles Files => new(connector.Options, host.Name);

    public Task<IReadOnlyList<MigrationFinding>> CheckExportAsync(ExportRequest request, CancellationToken cancellationToken) => OnFiles<IReadOnlyList<MigrationFinding>>(async () =>
    {
        var domain = await connector.RunAsync(s => Read(s, request.Vm), cancellationToken);
        Files.CheckLinks(request.Root, request.Settings.Directory);
        var path = Files.OnHost(request.Settings.Directory);
        var free = !Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any() || Files.MarkedBy(request.Settings.Directory) == request.Operation;
        List<MigrationFinding> findings = [.. State(domain, request.Settings), PackageRules.Finding("directory-free", free, free ? "The directory is free." : $"{request.Settings.Directory} is not empty; nothing is written over.")];
        if (request.Settings.Mode == ExportMode.Full)
        {
            foreach (var disk in domain.Disks)
            {
                var there = disk.Source is { } source && Path.IsPathRooted(source) && File.Exists(Files.OnHost(source));
                findings.Add(PackageRules.Finding(
                    "disk-format", disk.Format is not null, disk.Format is not null ? $"{disk.Target} is {disk.Format}." : $"The definition does not say the format of {disk.Target}, and guessing from its contents is not safe: name it (driver type)."));
                findings.Add(PackageRules.Finding("disk-readable", there, there ? $"{disk.Source} is a file." : $"{disk.Target} ({disk.Source ?? "empty"}) is no file of this host and cannot be exported; export the configuration only."));
            }

            var needed = domain.Disks.Where(d => File.Exists(Files.OnHost(d.Source ?? ""))).Sum(d => new FileInfo(Files.OnHost(d.Source!)).Length);
            var room = new DriveInfo(Existing(path)).AvailableFreeSpace;
            findings.Add(PackageRules.Finding("disk-room", needed <= room, $"The disks need at most {needed >> 20} MiB; {room >> 20} MiB are free."));
        }

        return findings;
    });

    public Task<PackageManifest> ExportAsync(ExportRequest request, IProgress<PackageProgress> progress, CancellationToken cancellationToken) => OnFiles(async () =>
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        var directory = request.Settings.Directory;
        Files.CheckLinks(request.Root, directory);
        if (Files.Whole(directory, request.Operation) is { } whole)
        {
            return whole;
        }

        var domain = await connector.RunAsync(s => Read(s, request.Vm), stop.Token);
        if (State(domain, request.Settings).FirstOrDefault(f => !f.Passed) is { } wrong)
        {
            throw LibvirtErrors.Own(ErrorKind.InvalidState, "invalid-state", wrong.Detail, host.Name, "Shut the VM down first.");
        }

        if (!Files.TryBegin(directory, request.Operation))
        {
            throw LibvirtErrors.Own(ErrorKind.Conflict, "directory-in-use", $"{directory} on host {host.Name} is not empty; nothing is written over.", host.Name, "Choose another directory.");
        }

        await File.WriteAllTextAsync(Files.OnHost($"{directory}/{PackageFiles.Definition}"), domain.Xml, stop.Token);
        var (sha, bytes) = await Files.HashAsync($"{directory}/{PackageFiles.Definition}", stop.Token);
        List<PackageFile> files = [new() { Path = PackageFiles.Definition, Kind = "definition", Bytes = bytes, Sha256 = sha }];
        if (request.Settings.Mode == ExportMode.Full)
        {
            Directory.CreateDirectory(Files.OnHost($"{directory}/disks"));
            files.AddRange(await CopyOutAsync(domain, request.Settings, progress, stop.Token));
        }

        // A VM that someone started meanwhile has written to its disks.
        if (State(await connector.RunAsync(s => Read(s, request.Vm), stop.Token), request.Settings).FirstOrDefault(f => !f.Passed) is { } since)
        {
            throw LibvirtErrors.Own(ErrorKind.InvalidState, "invalid-state", $"While it was exported: {since.Detail}", host.Name, "Leave it off until the export has ended.");
        }

        var manifest = new PackageManifest
        {
            OperationId = request.Operation,
            Hypervisor = HypervisorKind.Libvirt,
            HypervisorVersion = await connector.RunAsync(s => HostFacts.Capabilities(s, []).Hypervisor, stop.Token),
            VmId = request.Vm,
            VmName = domain.Vm.Name,
            Mode = request.Settings.Mode,
            ExportedAt = time.GetUtcNow(),
            Files = files,
            Vm = domain.Vm,
        };
        Files.Finish(directory, manifest);
        return manifest;
    });

    public Task<PackageSeen> InspectExportAsync(ExportRequest request, CancellationToken cancellationToken) => OnFiles(() =>
    {
        Files.CheckLinks(request.Root, request.Settings.Directory);
        return Task.FromResult(Files.Whole(request.Settings.Directory, request.Operation) is { } manifest
            ? new PackageSeen(PackagePresence.Complete, manifest)
            : Files.MarkedBy(request.Settings.Directory) == request.Operation ? new PackageSeen(PackagePresence.Partial) : PackageSeen.Nothing);
    });

    public Task DiscardExportAsync(ExportRequest request, CancellationToken cancellationToken) => OnFiles(() =>
    {
        Files.CheckLinks(request.Root, request.Settings.Directory);
        Files.Discard(request.Settings.Directory, request.Operation);
        return Task.FromResult(true);
    });

    async Task<List<PackageFile>> CopyOutAsync(Domain domain, ExportSettings settings, IProgress<PackageProgress> progress, CancellationToken cancellationToken)
    {
        var sources = domain.Disks.Select(d => (Kind: "disk", Target: (string?)d.Target, Source: d.Source!, To: $"disks/{d.Target}-{Path.GetFileName(d.Source)}", d.Format)).ToList();
        if (domain.Nvram is { } nvram && File.Exists(Files.OnHost(nvram)))
        {
            sources.Add(("firmware", null, nvram, "firmware.fd", null));
        }

        var meter = new Meter(progress, sources.Sum(s => new FileInfo(Files.OnHost(s.Source)).Length));
        var files = new List<PackageFile>();
        foreach (var source in sources)
        {
            meter.Item = source.Source;
            var to = $"{settings.Directory}/{source.To}";
            var format = source.Kind != "disk" ? null : source.Format ?? throw LibvirtErrors.Own(
                ErrorKind.Validation, "disk-format-unknown", $"The definition does not say the format of disk {source.Target}, and guessing from its contents is not safe.", host.Name, "Name it in the disk's driver type.");
            var chain = format is null ? [] : QemuImg.Chain(connector.Options, source.Source, format, host.Name);
            (string Sha256, long Bytes) copy;
            if (format is not null && (chain.Count > 1 || domain.Snapshots > 0))
            {
                await QemuImg.FlattenAsync(connector.Options, source.Source, to, format, host.Name, cancellationToken);
                copy = await Files.HashAsync(to, cancellationToken);
                meter.Add(new FileInfo(Files.OnHost(source.Source)).Length);
            }
            else
            {
                copy = await Files.CopyAsync(source.Source, to, followLink: true, meter.Add, cancellationToken);
            }

            files.Add(new PackageFile { Path = source.To, Kind = source.Kind, Bytes = copy.Bytes, Sha256 = copy.Sha256, Source = source.Source, Target = source.Target });
        }

        return files;
    }

    IEnumerable<MigrationFinding> State(Domain domain, ExportSettings settings)
    {
        var fits = settings.Mode switch
        {
            ExportMode.ConfigurationOnly => true,
            ExportMode.ForLiveMigration => domain.Vm.State is VmState.Running or VmState.Paused,
            _ => domain.Vm.State == VmState.Off,
        };
        var wanted = settings.Mode == ExportMode.ForLiveMigration
            ? "only a running VM is exported for live migration."
            : "its disks (and a saved memory image, which libvirt ties to this host) are not exported while it is: shut it down, or export the configuration only.";
        yield return PackageRules.Finding("vm-state", fits, fits ? $"It is {domain.Vm.State}." : $"VM {domain.Vm.Name} is {domain.Vm.State}; {wanted}");
        yield return PackageRules.Finding("runtime-state", !settings.RuntimeState, settings.RuntimeState ? "libvirt keeps a saved VM's memory where only this host finds it; it cannot be exported." : "No memory is asked for.");
        var dropped = domain.Snapshots == 0 || settings.Mode != ExportMode.Full || settings.Snapshots == ExportSnapshots.None;
        yield return PackageRules.Finding("snapshots", dropped, dropped ? "No snapshot has to go along." : $"VM {domain.Vm.Name} has {domain.Snapshots} snapshots, which libvirt does not export. Export it with snapshots None.");
    }

    static Domain Read(LibvirtSession session, VmId vm)
    {
        if (!DomainXml.IsLocal(session.Options.Uri))
        {
            throw LibvirtErrors.Own(
                ErrorKind.Unsupported, "export-remote", $"Exports need the agent on the host itself; this one reaches host {session.Where} from elsewhere ({session.Options.Uri}).", session.Where);
        }

        using var domain = session.Lookup(vm);
        var info = DomainScan.One(session, domain);
        var xml = session.Text(Vir.virDomainGetXMLDesc(domain, InactiveXml), $"Cannot read the definition of VM {vm}");
        var snapshots = session.Ok(Vir.virDomainSnapshotNum(domain, 0), $"Cannot count the snapshots of VM {vm}");
        var nvram = ImportXml.FirmwareOf(ImportXml.Parse(xml, session.Where));
        return new Domain(info, xml, snapshots, nvram);
    }

    /// <summary>File trouble as what it is: the host's, with its path.</summary>
    async Task<T> OnFiles<T>(Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (OperationCanceledException e)
        {
            throw new HypervisorException(LibvirtErrors.Own(ErrorKind.Cancelled, "copy-cancelled", $"Copying on host {host.Name} was stopped.", host.Name).Error, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HypervisorException(
                LibvirtErrors.Own(ErrorKind.Resource, "export-files", $"Files could not be handled on host {host.Name}: {e.Message}", host.Name, "Look at the host's storage and the agent's rights.").Error, e);
        }
    }

    static string Existing(string path) => Directory.Exists(path) ? path : Existing(Path.GetDirectoryName(path) ?? "/");

    const uint InactiveXml = 2;

    sealed record Domain(VmInfo Vm, string Xml, int Snapshots, string? Nvram)
    {
        public IReadOnlyList<VmDisk> Disks { get; } = [.. Vm.Disks.Where(d => d.Source is not null)];
    }

    sealed class Meter(IProgress<PackageProgress> progress, long total)
    {
        long _done;

        public string? Item { get; set; }

        public void Add(long bytes)
        {
            _done += bytes;
            progress.Report(new PackageProgress { Percent = total == 0 ? 100 : Math.Round(100.0 * _done / total, 1), TotalBytes = total, DoneBytes = _done, Item = Item });
        }
    }
}
