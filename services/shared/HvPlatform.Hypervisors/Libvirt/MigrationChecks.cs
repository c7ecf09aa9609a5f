using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>The pre-flight checks of both sides. They read only; each answers with a finding, so that a person sees all that is wrong at once.</summary>
internal static class MigrationChecks
{
    public static (IReadOnlyList<MigrationFinding> Findings, MigrationSourceFacts? Facts) Source(LibvirtSession session, VmId vm)
    {
        var findings = new List<MigrationFinding>();
        using var domain = session.TryLookup(vm);
        if (domain is null)
        {
            findings.Add(Finding("vm-exists", false, $"Host {session.Where} has no VM {vm}."));
            return (findings, null);
        }

        var info = DomainScan.One(session, domain);
        findings.Add(Finding("vm-exists", true, $"VM {info.Name} is on host {session.Where}."));
        var runs = info.State is VmState.Running or VmState.Paused;
        findings.Add(Finding("vm-running", runs, runs ? $"It is {info.State}." : $"It is {info.State}; only a running or paused VM migrates live."));
        var job = TransferJob.Active(session, domain);
        findings.Add(Finding("no-job", !job, job ? "A transfer of this VM is running already." : "No other transfer holds it."));

        var xml = XElement.Parse(session.Text(Vir.virDomainGetXMLDesc(domain, runs ? VirConst.XmlMigratable : 0), $"Cannot read VM {info.Name}"));
        findings.Add(Movable(info));
        findings.Add(Devices(xml));
        if (findings.Any(f => !f.Passed))
        {
            return (findings, null);
        }

        return (findings, new MigrationSourceFacts
        {
            Vm = info,
            SourceHostName = session.Where,
            Hypervisor = HypervisorKind.Libvirt,
            CpuRequirement = xml.Element("cpu")?.ToString(SaveOptions.DisableFormatting),
            MachineType = xml.Element("os")?.Element("type")?.Attribute("machine")?.Value,
            Accelerator = xml.Attribute("type")?.Value,
        });
    }

    public static IReadOnlyList<MigrationFinding> Destination(LibvirtSession session, MigrationSourceFacts facts, HostFacts host)
    {
        if (facts.Hypervisor != HypervisorKind.Libvirt)
        {
            return [Finding("facet", false, $"A VM of {facts.Hypervisor} cannot move live to libvirt.")];
        }

        var findings = new List<MigrationFinding> { Finding("facet", true, "Both hosts are libvirt hosts.") };
        Identity(session, facts.Vm, findings);
        Machine(session, facts, host, findings);
        Memory(session, facts.Vm, findings);
        findings.Add(Disks(session, facts.Vm));
        return findings;
    }

    /// <summary>True if each disk with a source lies under a declared shared path: only then may libvirt's own check be skipped.</summary>
    public static bool AllDisksShared(LibvirtSession session, DomainHandle domain)
    {
        // A disk may have been plugged in whose event is still on its way.
        session.Details.Forget(LibvirtSession.IdOf(domain));
        return DomainScan.One(session, domain).Disks.All(d => d.Source is null || d.Shared);
    }

    static MigrationFinding Movable(VmInfo info)
    {
        // A read-only drive is needed on both sides as well, unless it is empty.
        var local = info.Disks.Where(d => d.Source is not null && !d.Shared).Select(d => $"{d.Target} ({d.Source})").ToList();
        return local.Count == 0
            ? Finding("disks-reachable", true, $"{info.Disks.Count} disk(s), all on shared storage.")
            : Finding("disks-reachable", false, $"Not under a shared path: {string.Join(", ", local)}. Move them there or declare the path in the agent's SharedPaths.");
    }

    static MigrationFinding Devices(XElement xml)
    {
        var fixedDevices = xml.Element("devices")?.Elements("hostdev").Count() ?? 0;
        return fixedDevices == 0
            ? Finding("devices", true, "No device of the host is passed through.")
            : Finding("devices", false, $"{fixedDevices} device(s) of the host are passed through; detach them first.");
    }

    static void Identity(LibvirtSession session, VmInfo vm, List<MigrationFinding> findings)
    {
        using var byId = session.TryLookup(vm.Id);
        if (byId is null)
        {
            findings.Add(Finding("uuid-free", true, $"No VM {vm.Id} on host {session.Where}."));
        }
        else
        {
            var state = session.State(byId).State;
            var name = LibvirtSession.NameOf(byId);
            var stale = !DomainState.IsActive(state) && name == vm.Name;
            findings.Add(Finding(
                "uuid-free",
                stale,
                stale
                    ? "An old definition of this VM is here, off; it is overwritten."
                    : $"Id {vm.Id} is in use by VM {name}, {DomainState.Map(state, managedSave: false)}. Find out which copy is right."));
        }

        using var byName = session.TryLookup(vm.Name);
        var taken = byName is not null && LibvirtSession.IdOf(byName) != vm.Id;
        findings.Add(Finding(
            "name-free", !taken, taken ? $"Name {vm.Name} is in use by VM {LibvirtSession.IdOf(byName!)}. Rename one of the two." : $"Name {vm.Name} is free."));
    }

    static void Machine(LibvirtSession session, MigrationSourceFacts facts, HostFacts host, List<MigrationFinding> findings)
    {
        var accelerator = facts.Accelerator ?? (host.HasKvm ? "kvm" : "qemu");
        XElement offered;
        try
        {
            offered = XElement.Parse(session.Text(
                Vir.virConnectGetDomainCapabilities(session.Connection, null, host.Architecture, facts.MachineType, accelerator, 0)));
        }
        catch (HypervisorException e) when (e.Kind is ErrorKind.Validation or ErrorKind.Unsupported)
        {
            findings.Add(Finding("machine-type", false, $"{facts.MachineType} with {accelerator} is not offered: {e.Error.NativeMessage}. Choose a host with a newer QEMU."));
            findings.Add(Finding("cpu-model", false, "Not compared, because the machine type is not offered."));
            return;
        }

        findings.Add(Finding("machine-type", true, $"{facts.MachineType ?? "The default machine"} with {accelerator} is offered."));
        findings.Add(Cpu(session, facts, host, accelerator, offered));
    }

    static MigrationFinding Cpu(LibvirtSession session, MigrationSourceFacts facts, HostFacts host, string accelerator, XElement offered)
    {
        if (facts.CpuRequirement is not { } cpu)
        {
            return Finding("cpu-model", true, "The VM takes the default CPU.");
        }

        // Emulation makes any CPU model it knows out of nothing, and libvirt has no host CPU to compare with: look the model up instead.
        var model = XElement.Parse(cpu).Element("model")?.Value;
        if (accelerator == "qemu")
        {
            var known = model is null || offered.Element("cpu")?.Elements("mode").Where(m => m.Attribute("name")?.Value == "custom")
                .Elements("model").Any(m => m.Value == model && m.Attribute("usable")?.Value != "no") == true;
            return Finding("cpu-model", known, known ? $"Emulation offers {model ?? "the default CPU"}." : $"Emulation on this host does not offer {model}.");
        }

        var result = session.Ok(
            Vir.virConnectCompareHypervisorCPU(session.Connection, null, host.Architecture, facts.MachineType, accelerator, cpu, 0),
            "Cannot compare the CPUs");
        const int incompatible = 0;
        return result == incompatible
            ? Finding("cpu-model", false, $"This host's CPU does not offer all of {model ?? "the VM's CPU"}. Choose another host or give the VM an older model.")
            : Finding("cpu-model", true, $"This host's CPU offers {model ?? "the VM's CPU"}.");
    }

    static void Memory(LibvirtSession session, VmInfo vm, List<MigrationFinding> findings)
    {
        var free = HostFacts.FreeMemoryMiB(session);
        var fits = free is null || free >= vm.MemoryMiB;
        findings.Add(Finding("memory-fits", fits, $"The VM needs {vm.MemoryMiB} MiB; {(free is null ? "the host does not say what is free" : $"{free} MiB are free")}."));
    }

    static MigrationFinding Disks(LibvirtSession session, VmInfo vm)
    {
        if (!DomainXml.IsLocal(session.Options.Uri))
        {
            return Finding("disks-reachable", true, "Not looked at: the driver is not on the host. libvirt looks when the transfer begins.");
        }

        var missing = vm.Disks.Where(d => d.Source is not null && Path.IsPathRooted(d.Source) && !File.Exists(d.Source)).Select(d => d.Source).ToList();
        return missing.Count == 0
            ? Finding("disks-reachable", true, $"{vm.Disks.Count} disk(s) found on host {session.Where}.")
            : Finding("disks-reachable", false, $"Not found on host {session.Where}: {string.Join(", ", missing)}. Mount the storage at the same path.");
    }

    static MigrationFinding Finding(string check, bool passed, string detail) => new() { Check = check, Passed = passed, Detail = detail };
}
