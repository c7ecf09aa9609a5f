using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>The pre-flight checks of the destination. They read only; each answers with a finding, so that a person sees all that is wrong at once.</summary>
internal static class MigrationChecks
{
    public static IReadOnlyList<MigrationFinding> Destination(LibvirtSession session, MigrationSourceFacts facts, MigrationPolicy policy, HostFacts host)
    {
        if (facts.Hypervisor != HypervisorKind.Libvirt)
        {
            return [Finding("facet", false, $"A VM of {facts.Hypervisor} cannot move live to libvirt.")];
        }

        var findings = new List<MigrationFinding> { Finding("facet", true, "Both hosts are libvirt hosts.") };
        Identity(session, facts.Vm, facts.CopyImages.Count > 0 || SourceChecks.IsOff(facts.Vm), findings);
        Machine(session, facts, host, findings);
        Memory(session, facts.Vm, findings);
        findings.Add(Disks(session, facts));
        DiskCopies.Check(session, facts, findings);
        if (!SourceChecks.IsOff(facts.Vm) && policy.Ladder.Any(s => s.Action == ConvergenceAction.PostCopy))
        {
            findings.Add(PostCopy(session));
        }

        return findings;
    }

    /// <summary>True if each disk that is not copied lies on declared shared storage: only then may libvirt's own check be skipped.</summary>
    public static bool OthersAreShared(LibvirtSession session, DomainHandle domain, IReadOnlyList<string> copied)
    {
        // A disk may have been plugged in whose event is still on its way.
        session.Details.Forget(LibvirtSession.IdOf(domain));
        return DomainScan.One(session, domain).Disks.All(d => d.Source is null || d.Shared || copied.Contains(d.Target));
    }

    /// <summary>Whether this host's guests may fetch memory after the switch-over; both sides must.</summary>
    public static MigrationFinding PostCopy(LibvirtSession session)
    {
        var refusal = HostFacts.WhyNoPostCopy(session);
        return Finding("post-copy", refusal is null, refusal is null ? $"Host {session.Where} offers post-copy." : $"Host {session.Where} offers no post-copy: {refusal} Leave it out of the ladder.");
    }

    static void Identity(LibvirtSession session, VmInfo vm, bool alone, List<MigrationFinding> findings)
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

            // After a cold move, or one with its disks, that nobody saw the end of, an old definition could not be told from the VM that has arrived.
            var stale = !DomainState.IsActive(state) && name == vm.Name && !alone;
            findings.Add(Finding(
                "uuid-free",
                stale,
                stale
                    ? "An old definition of this VM is here, off; it is overwritten."
                    : $"Id {vm.Id} is in use by VM {name}, {DomainState.Map(state, managedSave: false)}. Find out which copy is right{(alone ? ", and delete the other's definition" : "")}."));
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
        var fits = free is null || free >= vm.MemoryMiB || SourceChecks.IsOff(vm);
        findings.Add(Finding("memory-fits", fits, $"The VM needs {vm.MemoryMiB} MiB; {(free is null ? "the host does not say what is free" : $"{free} MiB are free")}."));
    }

    static MigrationFinding Disks(LibvirtSession session, MigrationSourceFacts facts)
    {
        if (!DomainXml.IsLocal(session.Options.Uri))
        {
            return Finding("disks-reachable", true, "Not looked at: the driver is not on the host. libvirt looks when the transfer begins.");
        }

        var here = facts.Vm.Disks.Where(d => d.Source is not null && Path.IsPathRooted(d.Source) && !facts.CopyDisks.Contains(d.Target)).Select(d => d.Source!).ToList();
        var missing = here.Where(d => !Path.Exists(QemuImg.OnHost(session.Options, d))).ToList();
        return missing.Count == 0
            ? Finding("disks-reachable", true, $"{here.Count} disk(s) found on host {session.Where}.")
            : Finding("disks-reachable", false, $"Not found on host {session.Where}: {string.Join(", ", missing)}. Mount the storage at the same path.");
    }

    /// <summary>One finding.</summary>
    public static MigrationFinding Finding(string check, bool passed, string detail) => new() { Check = check, Passed = passed, Detail = detail };
}
