using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Simulated;

/// <summary>The pre-flight checks of both sides. They read only. Called with the fleet's gate held.</summary>
static class SimulatedChecks
{
    const string MachineType = "simulated-v1";

    public static (IReadOnlyList<MigrationFinding> Findings, MigrationSourceFacts? Facts) Source(SimulatedHost host, VmId vm, MigrationPolicy policy)
    {
        if (host.Vms.GetValueOrDefault(vm) is not { } v)
        {
            return ([Finding("vm-exists", false, $"{host.Name} has no VM {vm}. Look it up in the inventory.")], null);
        }

        var off = v.Info.State == VmState.Off;
        var local = host.LocalDisks(v.Info).ToList();
        var copies = !off && local.Count > 0 && policy.Storage is MigrationStorage.CopyFull or MigrationStorage.CopyIncremental && host.Options.Facets.Contains("migration-storage");
        List<MigrationFinding> findings =
        [
            Finding("vm-exists", true, $"{v.Info.Name} is on {host.Name}."),
            State(host, v, policy),
            local.Count == 0 ? Finding("disks-reachable", true, "All disks are on shared storage.")
                : copies ? Finding("disks-copyable", true, $"{local.Count} disk(s) are copied: {Names(local)}.")
                : off ? Finding("cold-copy-unsupported", false, $"On this host only: {Names(local)}. A stopped VM's disks are not copied: move them to shared storage, or start the VM and migrate it live with storage CopyFull.")
                : Finding("disks-reachable", false, $"On this host only: {Names(local)}. Move them to shared storage, or have them copied (storage CopyFull or CopyIncremental)."),
        ];
        if (!off && policy.Ladder.Any(s => s.Action == ConvergenceAction.PostCopy))
        {
            var offered = host.Options.Facets.Contains("migration-postcopy");
            findings.Add(Finding("post-copy", offered, offered ? $"{host.Name} offers post-copy." : $"{host.Name} does not offer post-copy. Take that rung out of the ladder."));
        }

        return findings.Any(f => !f.Passed) ? (findings, null) : (findings, new MigrationSourceFacts
        {
            Vm = v.Info,
            SourceHostName = host.Name,
            Hypervisor = HypervisorKind.Simulated,
            CpuRequirement = host.Options.CpuModel,
            MachineType = MachineType,
            CopyDisks = copies ? [.. local.Select(d => d.Target)] : [],
        });
    }

    public static IReadOnlyList<MigrationFinding> Destination(SimulatedHost host, MigrationSourceFacts facts)
    {
        var vm = facts.Vm;
        var off = vm.State == VmState.Off;
        var fits = off || host.FreeMemoryMiB >= vm.MemoryMiB;
        var copied = vm.Disks.Where(d => facts.CopyDisks.Contains(d.Target)).ToList();
        var far = vm.Disks.Except(copied).FirstOrDefault(d => !host.Reaches(d));
        var taken = copied.FirstOrDefault(d => host.Files.IsTaken(d.Source!, vm.Id));
        List<MigrationFinding> findings =
        [
            Finding("facet", facts.Hypervisor == HypervisorKind.Simulated, $"The source is {facts.Hypervisor}, this host is {HypervisorKind.Simulated}."),
            Finding("uuid-free", !host.Vms.ContainsKey(vm.Id), host.Vms.ContainsKey(vm.Id) ? $"{host.Name} already has a VM {vm.Id}. Remove it or find out which is the true one." : "The id is free."),
            Finding("name-free", host.Vms.Values.All(v => v.Info.Name != vm.Name || v.Info.Id == vm.Id), $"The name {vm.Name} must not be in use on {host.Name}."),
            Finding("cpu-model", facts.CpuRequirement is null || facts.CpuRequirement == host.Options.CpuModel, $"The VM needs {facts.CpuRequirement ?? "any CPU"}, {host.Name} has {host.Options.CpuModel}."),
            Finding("machine-type", facts.MachineType is null or MachineType, $"The VM needs {facts.MachineType ?? MachineType}, {host.Name} offers {MachineType}."),
            Finding("disks-reachable", far is null, far is null ? "All disks are reachable, or copied." : $"{host.Name} does not reach {far.Source}. Move it to shared storage."),
            Finding("memory-fits", fits, off ? "The VM is off." : $"The VM needs {vm.MemoryMiB} MiB, {host.Name} has {host.FreeMemoryMiB} MiB free.{(fits ? "" : " Stop another VM or choose another host.")}"),
        ];
        if (off)
        {
            findings.Add(Facet(host, "migration-cold", "a VM that is off"));
        }

        if (copied.Count > 0)
        {
            findings.Add(Facet(host, "migration-storage", "disks that are copied"));
            findings.Add(Finding("disk-exists", taken is null, taken is null ? "The copies' paths are free." : $"{taken.Source} exists on {host.Name}; nothing is written over. Remove or rename it."));
        }

        return findings;
    }

    static MigrationFinding State(SimulatedHost host, SimulatedVm v, MigrationPolicy policy)
    {
        if (v.Outgoing is not null)
        {
            return Finding("vm-running", false, "It has an active migration. Wait for it to end.");
        }

        if (v.Info.State == VmState.Off)
        {
            return policy.Mode == MigrationMode.Live
                ? Finding("vm-running", false, "It is Off; only a running or paused VM migrates live. Start it, or use mode Cold or Auto.")
                : Finding("vm-off", host.Options.Facets.Contains("migration-cold"), host.Options.Facets.Contains("migration-cold") ? "It is Off and moves cold." : $"It is Off, and {host.Name} does not migrate cold. Start it.");
        }

        if (policy.Mode == MigrationMode.Cold)
        {
            return Finding("vm-off", false, $"It is {v.Info.State}; only a VM that is off migrates cold. Shut it down, or use mode Live or Auto.");
        }

        var movable = v.Info.State is VmState.Running or VmState.Paused && v is { Incoming: false, Left: false, Parked: false, PostCopy: false };
        return Finding("vm-running", movable, movable ? $"It is {v.Info.State}." : $"It is {v.Info.State}; only a running or paused VM that no other migration has left behind migrates live.");
    }

    static MigrationFinding Facet(SimulatedHost host, string facet, string what)
    {
        var offered = host.Options.Facets.Contains(facet);
        return Finding(facet, offered, $"{host.Name} {(offered ? "takes" : "does not take")} {what}.");
    }

    static string Names(IEnumerable<VmDisk> disks) => string.Join(", ", disks.Select(d => $"{d.Target} ({d.Source})"));

    static MigrationFinding Finding(string check, bool passed, string detail) => new() { Check = check, Passed = passed, Detail = detail };
}
