using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>
/// The files that receive copied disks, on the destination. A file is made under a name that says for which VM (the mark) and then gets its true name
/// as a second one, in one step that fails if that name is taken. So at every moment, whatever dies, a file that has a mark was made here and for that
/// VM, and no other is ever removed or written over. When the VM has arrived the mark goes and the file is the VM's.
/// </summary>
internal static class DiskCopies
{
    public static void Check(LibvirtSession session, MigrationSourceFacts facts, List<MigrationFinding> findings)
    {
        if (facts.CopyImages.Count == 0)
        {
            return;
        }

        if (!DomainXml.IsLocal(session.Options.Uri))
        {
            findings.Add(MigrationChecks.Finding("disks-copyable", false, RemoteRefusal(session)));
            return;
        }

        foreach (var image in facts.CopyImages)
        {
            var taken = Taken(session, facts.Vm.Id, image);
            findings.Add(MigrationChecks.Finding(
                "disk-exists", !taken, taken ? $"{image.Path} exists on host {session.Where}; nothing is written over. Remove or rename it." : $"{image.Path} is free."));
            if (image.BackingPath is { } backing)
            {
                findings.Add(Backing(session, image, backing));
            }
        }

        Room(session, facts, findings);
    }

    public static void Prepare(LibvirtSession session, MigrationSourceFacts facts)
    {
        if (facts.CopyImages.Count > 0 && !DomainXml.IsLocal(session.Options.Uri))
        {
            throw LibvirtErrors.Own(ErrorKind.Unsupported, "disk-copy-remote", RemoteRefusal(session), session.Where);
        }

        foreach (var image in facts.CopyImages)
        {
            if (Taken(session, facts.Vm.Id, image))
            {
                throw LibvirtErrors.Own(
                    ErrorKind.Conflict, "disk-exists", $"{image.Path} exists on host {session.Where}; nothing is written over.", session.Where, "Remove or rename it.");
            }

            OnFiles(session, () => Make(session, facts.Vm.Id, image));
        }
    }

    /// <summary>The VM has arrived: the files are its own.</summary>
    public static void Keep(LibvirtSession session, VmId vm, MigrationSourceFacts? facts) => OnFiles(session, () =>
    {
        foreach (var image in Local(session, facts))
        {
            File.Delete(Mark(session, vm, image));
        }
    });

    /// <summary>
    /// The VM is here and is about to leave: its disks are its own, also where nobody noted that it had arrived. What it leaves behind must not be taken for a
    /// copy that did not arrive.
    /// </summary>
    public static void Own(LibvirtSession session, DomainHandle domain)
    {
        if (!DomainXml.IsLocal(session.Options.Uri))
        {
            return;
        }

        var vm = DomainScan.One(session, domain);
        OnFiles(session, () =>
        {
            foreach (var mark in vm.Disks.Where(d => Path.IsPathRooted(d.Source)).Select(d => QemuImg.OnHost(session.Options, $"{d.Source}.hv-{vm.Id}")).Where(File.Exists))
            {
                File.Delete(mark);
            }
        });
    }

    /// <summary>The VM did not arrive: removes what was made for it and nothing else. Only while no definition of it is here.</summary>
    public static void Remove(LibvirtSession session, VmId vm, MigrationSourceFacts? facts) => OnFiles(session, () =>
    {
        foreach (var image in Local(session, facts))
        {
            RemoveOne(session, vm, image);
        }
    });

    /// <summary>True if files made for this VM are here whose mark is still on them.</summary>
    public static bool Any(LibvirtSession session, VmId vm, MigrationSourceFacts? facts) => Local(session, facts).Any(i => File.Exists(Mark(session, vm, i)));

    public static string RemoteRefusal(LibvirtSession session) =>
        $"Copying disks needs the agent on the host itself: it makes and measures files there, and this one reaches host {session.Where} from elsewhere ({session.Options.Uri}).";

    static IEnumerable<MigrationDiskImage> Local(LibvirtSession session, MigrationSourceFacts? facts) =>
        DomainXml.IsLocal(session.Options.Uri) ? facts?.CopyImages ?? [] : [];

    static void Make(LibvirtSession session, VmId vm, MigrationDiskImage image)
    {
        RemoveOne(session, vm, image);
        var mark = Mark(session, vm, image);
        QemuImg.Create(session.Options, image, $"{image.Path}.hv-{vm}", session.Where);
        if (!FileIdentity.TryLink(mark, QemuImg.OnHost(session.Options, image.Path)))
        {
            File.Delete(mark);
            throw LibvirtErrors.Own(
                ErrorKind.Conflict, "disk-exists", $"{image.Path} was made on host {session.Where} by someone else just now.", session.Where, "Remove or rename it.");
        }
    }

    static void RemoveOne(LibvirtSession session, VmId vm, MigrationDiskImage image)
    {
        var mark = Mark(session, vm, image);
        var file = QemuImg.OnHost(session.Options, image.Path);
        if (FileIdentity.AreSame(mark, file))
        {
            File.Delete(file);
        }

        File.Delete(mark);
    }

    /// <summary>A file is there that is not ours to remove. A VM defined here keeps even a marked one: it may have arrived and been turned off since.</summary>
    static bool Taken(LibvirtSession session, VmId vm, MigrationDiskImage image)
    {
        var file = QemuImg.OnHost(session.Options, image.Path);
        if (!Path.Exists(file))
        {
            return false;
        }

        using var domain = session.TryLookup(vm);
        return domain is not null || !FileIdentity.AreSame(file, Mark(session, vm, image));
    }

    static MigrationFinding Backing(LibvirtSession session, MigrationDiskImage image, string backing)
    {
        var file = QemuImg.OnHost(session.Options, backing);
        if (!File.Exists(file))
        {
            return MigrationChecks.Finding("backing-file", false, $"{image.Target} lies upon {backing}, which host {session.Where} does not have. Copy it there first, or use CopyFull.");
        }

        var looks = QemuImg.LooksLike(session.Options, backing, session.Where);
        var same = image.BackingFormat is null || looks == image.BackingFormat;
        return MigrationChecks.Finding(
            "backing-file", same, same ? $"{backing} is on host {session.Where}." : $"{backing} is {looks} on host {session.Where}, {image.BackingFormat} on the source. Put the same file there.");
    }

    static void Room(LibvirtSession session, MigrationSourceFacts facts, List<MigrationFinding> findings)
    {
        foreach (var folder in facts.CopyImages.GroupBy(i => Path.GetDirectoryName(i.Path)!))
        {
            var path = QemuImg.OnHost(session.Options, folder.Key);
            if (!Directory.Exists(path))
            {
                findings.Add(MigrationChecks.Finding("disks-reachable", false, $"Host {session.Where} has no folder {folder.Key}. Make it, on storage that is large enough."));
                continue;
            }

            var needed = folder.Sum(i => i.NeededBytes) >> 20;
            var free = new DriveInfo(path).AvailableFreeSpace >> 20;
            findings.Add(MigrationChecks.Finding("disk-room", needed <= free, $"{folder.Count()} disk(s) need {needed} MiB in {folder.Key}; {free} MiB are free."));
        }
    }

    static string Mark(LibvirtSession session, VmId vm, MigrationDiskImage image)
    {
        if (!Path.IsPathRooted(image.Path) || Path.GetFullPath(image.Path) != image.Path)
        {
            throw LibvirtErrors.Own(ErrorKind.Validation, "disk-path-invalid", $"{image.Path} is no full path.", session.Where);
        }

        return QemuImg.OnHost(session.Options, $"{image.Path}.hv-{vm}");
    }

    static void OnFiles(LibvirtSession session, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HypervisorException(
                LibvirtErrors.Own(ErrorKind.Resource, "disk-files", $"The files of the copied disks could not be handled on host {session.Where}: {e.Message}", session.Where, "Look at the host's storage.").Error,
                e);
        }
    }
}
