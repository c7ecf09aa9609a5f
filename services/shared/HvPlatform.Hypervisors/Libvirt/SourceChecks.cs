using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>The pre-flight checks of the source. They read only; each answers with a finding, so that a person sees all that is wrong at once.</summary>
internal static class SourceChecks
{
    public static (IReadOnlyList<MigrationFinding> Findings, MigrationSourceFacts? Facts) Run(LibvirtSession session, VmId vm, MigrationPolicy policy)
    {
        var findings = new List<MigrationFinding>();
        using var domain = session.TryLookup(vm);
        if (domain is null)
        {
            findings.Add(MigrationChecks.Finding("vm-exists", false, $"Host {session.Where} has no VM {vm}."));
            return (findings, null);
        }

        // A disk may have been plugged in whose event is still on its way.
        session.Details.Forget(vm);
        var info = DomainScan.One(session, domain);
        findings.Add(MigrationChecks.Finding("vm-exists", true, $"VM {info.Name} is on host {session.Where}."));
        findings.Add(State(info, policy));
        var job = TransferJob.Active(session, domain);
        findings.Add(MigrationChecks.Finding("no-job", !job, job ? "A transfer of this VM is running already." : "No other transfer holds it."));
        var snapshots = session.Ok(Vir.virDomainSnapshotNum(domain, 0), $"Cannot count the snapshots of VM {info.Name}");
        if (snapshots > 0)
        {
            findings.Add(MigrationChecks.Finding("snapshots", false, $"It has {snapshots} snapshot(s), which libvirt does not move. Delete them, or their metadata if the disks carry them."));
        }

        var cold = IsOff(info);
        var xml = XElement.Parse(session.Text(Vir.virDomainGetXMLDesc(domain, cold ? 0 : VirConst.XmlMigratable), $"Cannot read VM {info.Name}"));
        var copies = cold ? ColdDisks(session, info, xml, findings) : LiveDisks(session, info, xml, policy, findings);
        findings.Add(Devices(xml));
        if (!cold && policy.Ladder.Any(s => s.Action == ConvergenceAction.PostCopy))
        {
            findings.Add(MigrationChecks.PostCopy(session));
        }

        return findings.Any(f => !f.Passed) ? (findings, null) : (findings, new MigrationSourceFacts
        {
            Vm = info,
            SourceHostName = session.Where,
            Hypervisor = HypervisorKind.Libvirt,
            CpuRequirement = xml.Element("cpu")?.ToString(SaveOptions.DisableFormatting),
            MachineType = xml.Element("os")?.Element("type")?.Attribute("machine")?.Value,
            Accelerator = xml.Attribute("type")?.Value,
            CopyDisks = [.. copies.Select(c => c.Target)],
            CopyImages = copies,
        });
    }

    /// <summary>What moves cold.</summary>
    public static bool IsOff(VmInfo vm) => vm.State is VmState.Off or VmState.Crashed;

    static MigrationFinding State(VmInfo vm, MigrationPolicy policy)
    {
        if (vm.State == VmState.Saved)
        {
            return MigrationChecks.Finding("managed-save", false, "Its memory is saved in a file of this host. Start it, or discard the saved state, first.");
        }

        if (IsOff(vm))
        {
            return policy.Mode == MigrationMode.Live
                ? MigrationChecks.Finding("vm-running", false, $"It is {vm.State}; only a running or paused VM migrates live. Start it, or use mode Cold or Auto.")
                : MigrationChecks.Finding("vm-off", true, $"It is {vm.State} and moves cold.");
        }

        if (policy.Mode == MigrationMode.Cold)
        {
            return MigrationChecks.Finding("vm-off", false, $"It is {vm.State}; only a VM that is off migrates cold. Shut it down, or use mode Live or Auto.");
        }

        var runs = vm.State is VmState.Running or VmState.Paused;
        return MigrationChecks.Finding("vm-running", runs, runs ? $"It is {vm.State}." : $"It is {vm.State}; only a running or paused VM migrates live.");
    }

    static List<MigrationDiskImage> LiveDisks(LibvirtSession session, VmInfo vm, XElement xml, MigrationPolicy policy, List<MigrationFinding> findings)
    {
        var copies = new List<MigrationDiskImage>();
        var local = vm.Disks.Where(d => d.Source is not null && !d.Shared).ToList();
        if (local.Count == 0)
        {
            findings.Add(MigrationChecks.Finding("disks-reachable", true, $"{vm.Disks.Count} disk(s), all on shared storage."));
        }
        else if (policy.Storage is not (MigrationStorage.CopyFull or MigrationStorage.CopyIncremental))
        {
            findings.Add(MigrationChecks.Finding(
                "disks-reachable",
                false,
                $"Not under a shared path, with all they lie upon: {Names(local)}. Move them there, declare the path in the agent's SharedPaths, or have them copied (storage CopyFull or CopyIncremental)."));
        }
        else if (!DomainXml.IsLocal(session.Options.Uri))
        {
            findings.Add(MigrationChecks.Finding("disks-copyable", false, DiskCopies.RemoteRefusal(session)));
        }
        else
        {
            // A drive that the guest only reads, or a device of the host, is not copied by libvirt.
            var devices = (xml.Element("devices")?.Elements("disk") ?? []).ToDictionary(d => d.Element("target")?.Attribute("dev")?.Value ?? "");
            var fixedDisks = local.Where(d => !devices.TryGetValue(d.Target, out var x) || x.Attribute("type")?.Value != "file" || (x.Attribute("device")?.Value ?? "disk") != "disk"
                || x.Element("readonly") is not null || x.Element("shareable") is not null).ToList();
            findings.Add(fixedDisks.Count == 0
                ? MigrationChecks.Finding("disks-copyable", true, $"{local.Count} disk(s) are copied: {Names(local)}.")
                : MigrationChecks.Finding("disks-copyable", false, $"Only files that one guest writes to are copied, not {Names(fixedDisks)}. Eject or detach them, or put them on shared storage."));
            copies.AddRange(fixedDisks.Count == 0 ? local.Select(d => Copy(session, d, policy.Storage, findings)).OfType<MigrationDiskImage>() : []);
        }

        return copies;
    }

    static List<MigrationDiskImage> ColdDisks(LibvirtSession session, VmInfo vm, XElement xml, List<MigrationFinding> findings)
    {
        // A stopped VM's definition does not name what its images lie upon; the images do.
        var onHost = DomainXml.IsLocal(session.Options.Uri);
        var local = vm.Disks.Where(d => d.Source is not null && (!d.Shared || (onHost && Path.IsPathRooted(d.Source) && !ChainIsShared(session, d, findings)))).ToList();
        findings.Add(local.Count == 0
            ? MigrationChecks.Finding("disks-reachable", true, $"{vm.Disks.Count} disk(s), all on shared storage.")
            : MigrationChecks.Finding(
                "cold-copy-unsupported", false, $"Not under a shared path, with all they lie upon: {Names(local)}. A stopped VM's disks are not copied: move them to shared storage, or start the VM and migrate it live with storage CopyFull."));
        if (xml.Element("os")?.Element("nvram")?.Value is { Length: > 0 } nvram && !DomainDetails.IsUnder(nvram, session.Options.SharedPaths))
        {
            findings.Add(MigrationChecks.Finding("nvram-local", false, $"Its firmware settings are in {nvram}, which only this host has. Put the file on shared storage, or start the VM and migrate it live."));
        }

        return [];
    }

    static bool ChainIsShared(LibvirtSession session, VmDisk disk, List<MigrationFinding> findings) => !File.Exists(QemuImg.OnHost(session.Options, disk.Source!))
        || Chain(session, disk, findings) is not { } chain || chain.All(i => DomainDetails.IsUnder(i.Path, session.Options.SharedPaths));

    /// <summary>A disk's images by the format its VM uses it with (libvirt takes one that is not said for raw); null if it cannot be told, which is then a finding.</summary>
    static IReadOnlyList<QemuImage>? Chain(LibvirtSession session, VmDisk disk, List<MigrationFinding> findings)
    {
        try
        {
            return QemuImg.Chain(session.Options, disk.Source!, disk.Format ?? "raw", session.Where);
        }
        catch (HypervisorException e) when (e.Error.Code == QemuImg.FormatUnknown)
        {
            findings.Add(MigrationChecks.Finding(QemuImg.FormatUnknown, false, $"{e.Error.Message} {e.Error.Advice}"));
            return null;
        }
    }

    static MigrationDiskImage? Copy(LibvirtSession session, VmDisk disk, MigrationStorage storage, List<MigrationFinding> findings)
    {
        if (Chain(session, disk, findings) is not { } chain)
        {
            return null;
        }

        var onBase = storage == MigrationStorage.CopyIncremental && chain.Count > 1;
        var capacity = disk.CapacityBytes ?? chain[0].CapacityBytes;
        return new MigrationDiskImage
        {
            Target = disk.Target,
            Path = disk.Source!,
            Format = disk.Format ?? chain[0].Format,
            CapacityBytes = capacity,
            NeededBytes = onBase ? chain[0].AllocatedBytes : Math.Min(capacity, chain.Sum(i => i.AllocatedBytes)),
            BackingPath = onBase ? chain[1].Path : null,
            BackingFormat = onBase ? chain[1].Format : null,
        };
    }

    static MigrationFinding Devices(XElement xml)
    {
        var fixedDevices = xml.Element("devices")?.Elements("hostdev").Count() ?? 0;
        return fixedDevices == 0
            ? MigrationChecks.Finding("devices", true, "No device of the host is passed through.")
            : MigrationChecks.Finding("devices", false, $"{fixedDevices} device(s) of the host are passed through; detach them first.");
    }

    static string Names(IEnumerable<VmDisk> disks) => string.Join(", ", disks.Select(d => $"{d.Target} ({d.Source})"));
}
