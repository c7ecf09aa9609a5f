using System.Xml.Linq;
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
            if (Files.Read(request.Settings.Directory) is not { } manifest || (Files.MarkedBy(request.Settings.Directory) is { } marked && marked != manifest.OperationId))
            {
                return ([PackageRules.Finding("export-whole", false, $"{request.Settings.Directory} on host {host.Name} holds no whole export.")], null);
            }

            CheckFileLinks(request, manifest);
            var plan = PlanOf(request, manifest);
            List<MigrationFinding> present = [.. manifest.Files.Select(f => Present(request, f))];
            var shared = manifest.Hypervisor == HypervisorKind.Libvirt && present.All(f => f.Passed) ? await AdaptedAsync(request, manifest, plan, cancellationToken) : null;
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
                .. present,
                .. await connector.RunAsync<IReadOnlyList<MigrationFinding>>(s => [.. Free(s, request, plan.Name), .. shared is null ? [] : Unshared(s, request, plan, shared)], cancellationToken),
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
        CheckFileLinks(request, manifest);
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
                (sha, _) = await Files.CopyAsync(from, $"{mark}.part", followLink: false, meter.Add, stop.Token);
                Files.Verify(file, sha);
                File.Move(Files.OnHost($"{mark}.part"), Files.OnHost(mark));
            }
            else
            {
                (sha, var bytes) = await Files.HashAsync(from, stop.Token);
                Files.Verify(file, sha);
                meter.Add(bytes);
            }
        }

        return true;
    });

    public Task<IReadOnlyList<MigrationFinding>> ValidateImportAsync(ImportRequest request, CancellationToken cancellationToken) => OnFiles<IReadOnlyList<MigrationFinding>>(async () =>
    {
        var manifest = Whole(request);
        var plan = PlanOf(request, manifest);
        if (await connector.RunAsync(s => Made(s, request), cancellationToken) is not null)
        {
            return [PackageRules.Finding("planned", true, "The VM exists already.")];
        }

        var domain = await AdaptedAsync(request, manifest, plan, cancellationToken);
        return
        [
            .. plan.Copies.Select(c => PackageRules.Finding("copied", File.Exists(Files.OnHost(Mark(request, c.To))), $"{c.To} was to be copied.")),
            .. plan.Disks.Where(d => plan.Copies.All(c => c.To != d.Value)).Select(d => PackageRules.Finding("disk-there", Path.Exists(Files.OnHost(d.Value)), $"Disk {d.Key} is to be {d.Value} on host {host.Name}.")),
            .. await connector.RunAsync<IReadOnlyList<MigrationFinding>>(s => [.. Free(s, request, plan.Name), .. Unshared(s, request, plan, domain)], cancellationToken),
        ];
    });

    public Task<VmInfo> RealiseImportAsync(ImportRequest request, CancellationToken cancellationToken) => OnFiles(async () =>
    {
        var manifest = Whole(request);
        var plan = PlanOf(request, manifest);
        var adapted = await AdaptedAsync(request, manifest, plan, cancellationToken);
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

                if (Unshared(s, request, plan, adapted).FirstOrDefault(f => !f.Passed) is { } shared)
                {
                    throw LibvirtErrors.Own(ErrorKind.Conflict, "disk-in-use", shared.Detail, s.Where, "Map the disk to a path of its own (diskPaths), or import a full export.");
                }

                foreach (var copy in plan.Copies.Where(c => !IsOurs(request, c.To)))
                {
                    if (!File.Exists(Files.OnHost(Mark(request, copy.To))) || !FileIdentity.TryLink(Files.OnHost(Mark(request, copy.To)), Files.OnHost(copy.To)))
                    {
                        throw LibvirtErrors.Own(ErrorKind.Conflict, "disk-exists", $"{copy.To} is there on host {s.Where}, or its copy is gone.", s.Where, "Import it again.");
                    }
                }

                using var domain = s.Ok(Vir.virDomainDefineXML(s.Connection, adapted.ToString()), $"Cannot define VM {plan.Name}");
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
        var made = Files.UsedBy(request.Settings.Directory) == request.Operation || Marks(request).Count > 0;
        return made ? new PackageSeen(PackagePresence.Partial) : PackageSeen.Nothing;
    });

    public Task DiscardImportAsync(ImportRequest request, CancellationToken cancellationToken) => OnFiles(async () =>
    {
        if (await connector.RunAsync(s => Made(s, request), cancellationToken) is not null)
        {
            throw LibvirtErrors.Own(ErrorKind.InvalidState, "vm-realised", $"VM {request.Vm} exists on host {host.Name}; it is not discarded.", host.Name, "Delete it if it is not wanted.");
        }

        CheckDiskLinks(request);

        // Found by their marks, not by the manifest: the share that it lies on may be gone.
        foreach (var mark in Marks(request))
        {
            var copy = mark[..mark.LastIndexOf(MarkOf(request), StringComparison.Ordinal)];
            if (FileIdentity.AreSame(mark, copy))
            {
                File.Delete(copy);
            }

            File.Delete(mark);
        }

        var folder = Files.OnHost(FolderOf(request));
        if (request.Settings.Copy && Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }

        if (!request.Settings.Copy)
        {
            if (!Directory.Exists(Files.OnHost(request.Settings.Directory)))
            {
                throw LibvirtErrors.Own(
                    ErrorKind.Resource, "export-missing", $"{request.Settings.Directory} is not there on host {host.Name}, so its files could not be given back.", host.Name, "Bring the share back and cancel again.");
            }

            Files.CheckLinks(request.Root, request.Settings.Directory);
            Files.Release(request.Settings.Directory, request.Operation);
        }

        return true;
    });

    PackageManifest Whole(ImportRequest request)
    {
        Files.CheckLinks(request.Root, request.Settings.Directory);
        return Files.Read(request.Settings.Directory)
            ?? throw LibvirtErrors.Own(ErrorKind.NotFound, "export-missing", $"{request.Settings.Directory} on host {host.Name} holds no whole export.", host.Name, "Export the VM again.");
    }

    /// <summary>No file of an export is reached by a link.</summary>
    void CheckFileLinks(ImportRequest request, PackageManifest manifest)
    {
        CheckDiskLinks(request);
        foreach (var file in manifest.Files)
        {
            Files.CheckLinks(request.Root, $"{request.Settings.Directory}/{file.Path}");
        }
    }

    /// <summary>No disk is reached by a link that leads out of the disk roots.</summary>
    void CheckDiskLinks(ImportRequest request)
    {
        foreach (var path in request.Settings.DiskPaths.Select(m => m.To).Append(request.Settings.Copy ? FolderOf(request) : null).OfType<string>())
        {
            if (DiskRoots.Of(request.DiskRoots, path) is { } root)
            {
                Files.CheckLinks(root, path);
            }
        }
    }

    async Task<XElement> AdaptedAsync(ImportRequest request, PackageManifest manifest, Plan plan, CancellationToken cancellationToken)
    {
        CheckDiskLinks(request);
        var domain = ImportXml.Parse(await Files.DefinitionAsync(request.Settings.Directory, manifest, cancellationToken), host.Name);
        ImportXml.Adapt(domain, request, plan.Name, plan.Disks, plan.Firmware);
        return domain;
    }

    /// <summary>No file that is not copied is another VM's: two VMs that write to one disk destroy it, and deleting one deletes the other's firmware.</summary>
    unsafe IReadOnlyList<MigrationFinding> Unshared(LibvirtSession session, ImportRequest request, Plan plan, XElement adapted)
    {
        var kept = ImportXml.WrittenBy(adapted).Where(p => plan.Copies.All(c => c.To != p)).ToList();
        if (kept.Count == 0)
        {
            return [];
        }

        nint* domains = null;
        var count = session.Ok(Vir.virConnectListAllDomains(session.Connection, &domains, 0), "Cannot list the VMs");
        var used = new Dictionary<string, string>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                // What it has now and what it gets at its next start; one that vanished meanwhile uses nothing.
                foreach (var flags in LibvirtSession.IdOf(domains[i]) == request.Vm ? [] : new[] { 0u, InactiveXml })
                {
                    var xml = Vir.virDomainGetXMLDesc(domains[i], flags);
                    foreach (var path in xml == 0 ? [] : ImportXml.PathsOf(ImportXml.Parse(Vir.Take(xml), session.Where)))
                    {
                        used.TryAdd(Path.GetFullPath(path), LibvirtSession.NameOf(domains[i]));
                    }
                }
            }
        }
        finally
        {
            for (var i = 0; i < count; i++)
            {
                _ = Vir.virDomainFree(domains[i]);
            }

            Vir.Free(domains);
        }

        return [.. kept.Select(p =>
        {
            var by = used.FirstOrDefault(u => u.Key == Path.GetFullPath(p) || FileIdentity.AreSame(Files.OnHost(u.Key), Files.OnHost(p))).Value;
            return PackageRules.Finding("disk-unshared", by is null, by is null ? $"{p} is no other VM's." : $"{p} on host {session.Where} belongs to VM {by}.");
        })];
    }

    static string FolderOf(ImportRequest request) => $"{request.Settings.DiskDirectory ?? DefaultDiskDirectory}/{request.Vm}";

    static string MarkOf(ImportRequest request) => $".hv-import-{request.Operation}";

    static string Mark(ImportRequest request, string path) => path + MarkOf(request);

    /// <summary>The files that the import has made and not given over, as this process reaches them.</summary>
    IReadOnlyList<string> Marks(ImportRequest request) => request.Settings.Copy && Files.OnHost(FolderOf(request)) is var folder && Directory.Exists(folder)
        ? Directory.GetFiles(folder, $"*{MarkOf(request)}*")
        : [];

    bool IsOurs(ImportRequest request, string path) => FileIdentity.AreSame(Files.OnHost(Mark(request, path)), Files.OnHost(path));

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
        var folder = FolderOf(request);
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
