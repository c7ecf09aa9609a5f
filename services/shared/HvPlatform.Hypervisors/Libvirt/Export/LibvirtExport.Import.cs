using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Libvirt.Native;
using HvPlatform.Hypervisors.Packages;

namespace HvPlatform.Hypervisors.Libvirt.Export;

// libvirt has no planned VMs: the plan is the files, copied under names that say for which import, and nothing is defined before the end. A copied file gets its true name as
// a second one, in one step that fails if that name is taken; so whatever dies, a file that has a mark was made by that import, and no other is ever removed.
sealed partial class LibvirtExport
{
    const string DefaultDiskDirectory = "/var/lib/libvirt/images";

    public Task<(IReadOnlyList<MigrationFinding> Findings, PackageManifest? Manifest)> CheckImportAsync(ImportRequest request, CancellationToken cancellationToken) =>
        OnFiles<(IReadOnlyList<MigrationFinding>, PackageManifest?)>(async () =>
        {
            Files.CheckLinks(request.Root, request.Settings.Directory);
            if (Files.MarkedBy(request.Settings.Directory) is not null || Files.Read(request.Settings.Directory) is not { } manifest)
            {
                return ([PackageRules.Finding("export-whole", false, $"{request.Settings.Directory} on host {host.Name} holds no whole export.")], null);
            }

            var plan = PlanOf(request, manifest);
            var kept = request.Settings.NewId || request.Vm == manifest.VmId;
            var used = !request.Settings.Copy && Files.UsedBy(request.Settings.Directory) is { } by && by != request.Operation;
            var unmapped = request.Settings.Networks.FirstOrDefault(n => n.To.Length == 0);
            List<MigrationFinding> findings =
            [
                PackageRules.Finding("export-whole", true, $"It holds VM {manifest.VmName}."),
                PackageRules.Finding("hypervisor", manifest.Hypervisor == HypervisorKind.Libvirt, $"It was exported from {manifest.Hypervisor}."),
                PackageRules.Finding("mode", manifest.Mode != ExportMode.ForLiveMigration, $"It was exported as {manifest.Mode}{(manifest.Mode == ExportMode.ForLiveMigration ? " and has neither disks nor memory" : "")}."),
                PackageRules.Finding("id", kept, kept ? "The id is as wanted." : $"The export holds VM {manifest.VmId}, not {request.Vm}. Name that, or give it a new id."),
                PackageRules.Finding("in-place", !used, used ? "Another VM was registered in place with these files. Copy them instead." : "The files are free."),
                PackageRules.Finding("networks", unmapped is null, unmapped is null ? "Every adapter has a network." : $"libvirt has no unconnected adapters: name a network for {unmapped.From}."),
                .. plan.Copies.Select(c => PackageRules.Finding("disk-exists", !Path.Exists(Files.OnHost(c.To)) || IsOurs(request, c.To), $"{c.To} must not exist; nothing is written over.")),
                .. manifest.Files.Select(f => Present(request, f)),
                .. await connector.RunAsync(s => Free(s, request, plan.Name), cancellationToken),
            ];
            if (plan.Copies.Count > 0)
            {
                var folder = Existing(Files.OnHost(Path.GetDirectoryName(plan.Copies[0].To)!));
                var (needed, room) = (plan.Copies.Sum(c => c.File.Bytes ?? 0), new DriveInfo(folder).AvailableFreeSpace);
                findings.Add(PackageRules.Finding("disk-room", needed <= room, $"The copies need at most {needed >> 20} MiB in {folder}; {room >> 20} MiB are free."));
            }

            return (findings, manifest);
        });

    public Task PlanImportAsync(ImportRequest request, IProgress<PackageProgress> progress, CancellationToken cancellationToken) => OnFiles(async () =>
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        var manifest = Whole(request);
        var plan = PlanOf(request, manifest);
        if (!request.Settings.Copy && !Files.TryUse(request.Settings.Directory, request.Operation))
        {
            throw LibvirtErrors.Own(ErrorKind.Conflict, "export-in-use", $"{request.Settings.Directory} on host {host.Name} is used by another VM in place.", host.Name, "Copy the files instead.");
        }

        var meter = new Meter(progress, manifest.Files.Sum(f => f.Bytes ?? 0));
        foreach (var file in manifest.Files)
        {
            meter.Item = file.Path;
            var from = $"{request.Settings.Directory}/{file.Path}";
            string sha;
            if (plan.Copies.FirstOrDefault(c => c.File == file) is { } copy)
            {
                var mark = Mark(request, copy.To);
                Directory.CreateDirectory(Files.OnHost(Path.GetDirectoryName(copy.To)!));
                File.Delete(Files.OnHost(mark));
                (sha, _) = await Files.CopyAsync(from, $"{mark}.part", meter.Add, stop.Token);
                Verify(file, sha);
                File.Move(Files.OnHost($"{mark}.part"), Files.OnHost(mark));
            }
            else
            {
                (sha, var bytes) = await Files.HashAsync(from, stop.Token);
                Verify(file, sha);
                meter.Add(bytes);
            }
        }

        return true;
    });

    public Task<IReadOnlyList<MigrationFinding>> ValidateImportAsync(ImportRequest request, CancellationToken cancellationToken) => OnFiles<IReadOnlyList<MigrationFinding>>(async () =>
    {
        var plan = PlanOf(request, Whole(request));
        if (await connector.RunAsync(s => Made(s, request), cancellationToken) is not null)
        {
            return [PackageRules.Finding("planned", true, "The VM exists already.")];
        }

        return
        [
            .. plan.Copies.Select(c => PackageRules.Finding("copied", File.Exists(Files.OnHost(Mark(request, c.To))), $"{c.To} was to be copied.")),
            .. plan.Disks.Where(d => plan.Copies.All(c => c.To != d.Value)).Select(d => PackageRules.Finding("disk-there", Path.Exists(Files.OnHost(d.Value)), $"Disk {d.Key} is to be {d.Value} on host {host.Name}.")),
            .. await connector.RunAsync(s => Free(s, request, plan.Name), cancellationToken),
        ];
    });

    public Task<VmInfo> RealiseImportAsync(ImportRequest request, CancellationToken cancellationToken) => OnFiles(async () =>
    {
        var manifest = Whole(request);
        var plan = PlanOf(request, manifest);
        var vm = await connector.RunAsync(
            s =>
            {
                if (Made(s, request) is { } made)
                {
                    return made;
                }

                if (Free(s, request, plan.Name).FirstOrDefault(f => !f.Passed) is { } taken)
                {
                    throw LibvirtErrors.Own(ErrorKind.Conflict, "vm-exists", taken.Detail, s.Where, "Choose another name or id.");
                }

                foreach (var copy in plan.Copies.Where(c => !IsOurs(request, c.To)))
                {
                    if (!File.Exists(Files.OnHost(Mark(request, copy.To))) || !FileIdentity.TryLink(Files.OnHost(Mark(request, copy.To)), Files.OnHost(copy.To)))
                    {
                        throw LibvirtErrors.Own(ErrorKind.Conflict, "disk-exists", $"{copy.To} is there on host {s.Where}, or its copy is gone.", s.Where, "Import it again.");
                    }
                }

                var exported = ImportXml.Parse(File.ReadAllText(Files.OnHost($"{request.Settings.Directory}/{PackageFiles.Definition}")), s.Where);
                var xml = ImportXml.Adapt(exported, request, plan.Name, plan.Disks, plan.Firmware);
                using var domain = s.Ok(Vir.virDomainDefineXML(s.Connection, xml), $"Cannot define VM {plan.Name}");
                s.Details.Forget(request.Vm);
                return DomainScan.One(s, domain);
            },
            cancellationToken);
        foreach (var copy in plan.Copies)
        {
            File.Delete(Files.OnHost(Mark(request, copy.To)));
        }

        return vm;
    });

    public Task<PackageSeen> InspectImportAsync(ImportRequest request, CancellationToken cancellationToken) => OnFiles(async () =>
    {
        if (await connector.RunAsync(s => Made(s, request), cancellationToken) is { } vm)
        {
            return new PackageSeen(PackagePresence.Complete, null, vm);
        }

        Files.CheckLinks(request.Root, request.Settings.Directory);
        var made = Files.UsedBy(request.Settings.Directory) == request.Operation
            || (Files.Read(request.Settings.Directory) is { } manifest && PlanOf(request, manifest).Copies.Any(c => File.Exists(Files.OnHost(Mark(request, c.To))) || File.Exists(Files.OnHost($"{Mark(request, c.To)}.part"))));
        return made ? new PackageSeen(PackagePresence.Partial) : PackageSeen.Nothing;
    });

    public Task DiscardImportAsync(ImportRequest request, CancellationToken cancellationToken) => OnFiles(async () =>
    {
        if (await connector.RunAsync(s => Made(s, request), cancellationToken) is not null)
        {
            throw LibvirtErrors.Own(ErrorKind.InvalidState, "vm-realised", $"VM {request.Vm} exists on host {host.Name}; it is not discarded.", host.Name, "Delete it if it is not wanted.");
        }

        Files.CheckLinks(request.Root, request.Settings.Directory);
        foreach (var copy in Files.Read(request.Settings.Directory) is { } manifest ? PlanOf(request, manifest).Copies : [])
        {
            if (IsOurs(request, copy.To))
            {
                File.Delete(Files.OnHost(copy.To));
            }

            File.Delete(Files.OnHost(Mark(request, copy.To)));
            File.Delete(Files.OnHost($"{Mark(request, copy.To)}.part"));
        }

        Files.Release(request.Settings.Directory, request.Operation);
        return true;
    });

    PackageManifest Whole(ImportRequest request)
    {
        Files.CheckLinks(request.Root, request.Settings.Directory);
        return Files.Read(request.Settings.Directory)
            ?? throw LibvirtErrors.Own(ErrorKind.NotFound, "export-missing", $"{request.Settings.Directory} on host {host.Name} holds no whole export.", host.Name, "Export the VM again.");
    }

    static string Mark(ImportRequest request, string path) => $"{path}.hv-import-{request.Operation}";

    bool IsOurs(ImportRequest request, string path) => FileIdentity.AreSame(Files.OnHost(Mark(request, path)), Files.OnHost(path));

    void Verify(PackageFile file, string sha256)
    {
        if (file.Sha256 != sha256)
        {
            throw LibvirtErrors.Own(
                ErrorKind.Validation, "checksum-wrong", $"{file.Path} of the export is not what was exported: SHA-256 {sha256}, the manifest says {file.Sha256}.", host.Name, "Export the VM again, or bring the file's true contents back.");
        }
    }

    MigrationFinding Present(ImportRequest request, PackageFile file)
    {
        var info = new FileInfo(Files.OnHost($"{request.Settings.Directory}/{file.Path}"));
        var right = info is { Exists: true, LinkTarget: null } && info.Length == file.Bytes;
        return PackageRules.Finding("file-there", right, right ? $"{file.Path} is there." : $"{file.Path} of the export is missing, a link, or of another size than the manifest says.");
    }

    static IEnumerable<MigrationFinding> Free(LibvirtSession session, ImportRequest request, string name)
    {
        using var byId = session.TryLookup(request.Vm);
        using var byName = session.TryLookup(name);
        return
        [
            PackageRules.Finding("id-free", byId is null, byId is null ? "The id is free." : $"Host {session.Where} already has a VM {request.Vm}."),
            PackageRules.Finding("name-free", byName is null, byName is null ? "The name is free." : $"Host {session.Where} already has a VM named {name}. Give the import a new name."),
        ];
    }

    /// <summary>The VM this import has made; null if it has not.</summary>
    static VmInfo? Made(LibvirtSession session, ImportRequest request)
    {
        using var domain = session.TryLookup(request.Vm);
        if (domain is null)
        {
            return null;
        }

        var xml = ImportXml.Parse(session.Text(Vir.virDomainGetXMLDesc(domain, InactiveXml)), session.Where);
        return ImportXml.ImportedBy(xml) == request.Operation.ToString() ? DomainScan.One(session, domain) : null;
    }

    static Plan PlanOf(ImportRequest request, PackageManifest manifest)
    {
        var settings = request.Settings;
        var name = settings.NewName ?? manifest.VmName;
        var folder = $"{settings.DiskDirectory ?? DefaultDiskDirectory}/{request.Vm}";
        var disks = new Dictionary<string, string>();
        var copies = new List<Copy>();
        string? firmware = null;
        foreach (var file in manifest.Files.Where(f => f.Kind is "disk" or "firmware"))
        {
            if (PackageRules.Mapped(settings.DiskPaths, file.Source ?? file.Path) is { } mapped && file.Target is { } given)
            {
                disks[given] = mapped;
                continue;
            }

            var to = settings.Copy ? $"{folder}/{Path.GetFileName(file.Path)}" : $"{settings.Directory}/{file.Path}";
            if (settings.Copy)
            {
                copies.Add(new Copy(file, to));
            }

            if (file.Target is { } target)
            {
                disks[target] = to;
            }
            else
            {
                firmware = to;
            }
        }

        // Of a configuration only: the disks are where they were, unless they are mapped.
        foreach (var disk in (manifest.Vm?.Disks ?? []).Where(d => d.Source is not null && !disks.ContainsKey(d.Target)))
        {
            disks[disk.Target] = PackageRules.Mapped(settings.DiskPaths, disk.Source!) ?? disk.Source!;
        }

        return new Plan(name, disks, copies, firmware);
    }

    sealed record Plan(string Name, IReadOnlyDictionary<string, string> Disks, IReadOnlyList<Copy> Copies, string? Firmware);

    sealed record Copy(PackageFile File, string To);
}
