using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>The pre-flight checks of the destination. They read only.</summary>
/// <param name="connector">The host.</param>
/// <param name="freeMemory">What memory is not in use, MiB.</param>
internal sealed class HyperVDestinationChecks(HyperVConnector connector, Func<CancellationToken, Task<long?>> freeMemory)
{
    private string Where => connector.Where;

    /// <summary>Looks whether the VM can come.</summary>
    public async Task<IReadOnlyList<MigrationFinding>> RunAsync(ICimSession session, MigrationSourceFacts facts, MigrationPolicy policy, CancellationToken cancellationToken)
    {
        var ours = facts.Hypervisor == HypervisorKind.HyperV;
        var findings = new List<MigrationFinding> { Finding("facet", ours, $"The source is {facts.Hypervisor}, this host is {HypervisorKind.HyperV}.") };
        if (!ours)
        {
            return findings;
        }

        findings.Add(HyperVSourceChecks.Service(await HyperVMigrationService.ReadAsync(session, cancellationToken), policy, Where));
        await IdentityAsync(session, facts.Vm, policy, findings, cancellationToken);
        findings.Add(await VersionAsync(session, facts, cancellationToken));
        findings.Add(await HyperVProcessors.CheckAsync(session, facts, Where, cancellationToken));
        await SwitchesAsync(session, facts, findings, cancellationToken);
        await DisksAsync(session, facts, policy, findings, cancellationToken);
        findings.Add(await MemoryAsync(facts, cancellationToken));
        return findings;
    }

    private async Task IdentityAsync(ICimSession session, VmInfo vm, MigrationPolicy policy, List<MigrationFinding> findings, CancellationToken cancellationToken)
    {
        var there = await session.GetAsync(VmPaths.Of(vm.Id), cancellationToken);
        var planned = there is null ? await session.GetAsync(HyperVParts.Planned(vm.Id), cancellationToken) : null;
        findings.Add((there, planned) switch
        {
            (not null, _) => Finding("uuid-free", false, $"Host {Where} has a VM {vm.Id} already, '{there.String("ElementName")}'. Find out which copy is right, and delete the other."),
            (_, not null) => Finding("uuid-free", false, $"Host {Where} has a planned VM {vm.Id}, '{planned.String("ElementName")}'. Realize it or delete it."),
            _ => Finding("uuid-free", true, $"No VM {vm.Id} on host {Where}."),
        });

        var name = policy.HyperV?.NewName ?? vm.Name;
        string? taken = null;
        await foreach (var other in session.QueryAsync(CimPath.Virtualization, Wql.Select("Msvm_ComputerSystem", "ElementName", name), cancellationToken))
        {
            taken = string.Equals(other.String("Name"), vm.Id.Value.ToString("D"), StringComparison.OrdinalIgnoreCase) ? taken : other.String("Name");
        }

        findings.Add(Finding("name-free", taken is null, taken is null ? $"Name {name} is free." : $"Name {name} is in use by VM {taken}. Rename one of the two, or give it a new name (hyperV.newName)."));
    }

    private async Task<MigrationFinding> VersionAsync(ICimSession session, MigrationSourceFacts facts, CancellationToken cancellationToken)
    {
        const string Check = "machine-type";
        if ((facts.MachineType ?? facts.HyperV?.Version) is not { } version)
        {
            return Finding(Check, true, "The source does not name the VM's version.");
        }

        var offered = await HyperVVersions.ReadAsync(session, cancellationToken);
        var takes = offered.Count == 0 || offered.Contains(version, StringComparer.Ordinal);
        return Finding(Check, takes, takes
            ? $"Host {Where} runs VMs of version {version}."
            : $"Host {Where} does not run VMs of version {version}; it runs {string.Join(", ", offered)}. Choose a host with a newer version of Windows.");
    }

    private async Task SwitchesAsync(ICimSession session, MigrationSourceFacts facts, List<MigrationFinding> findings, CancellationToken cancellationToken)
    {
        if (facts.HyperV is not { Switches.Count: > 0 } wanted)
        {
            return;
        }

        var there = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        await foreach (var found in session.EnumerateAsync(CimPath.Virtualization, "Msvm_VirtualEthernetSwitch", cancellationToken))
        {
            there.Add(found.String("ElementName") ?? "");
        }

        var missing = wanted.Switches.Where(s => !there.Contains(s)).ToList();
        findings.Add(Finding("switches", missing.Count == 0, missing.Count == 0
            ? $"Its switches are on host {Where}: {string.Join(", ", wanted.Switches)}."
            : $"Host {Where} has no virtual switch {string.Join(", ", missing)}. Create it there under the same name, or disconnect the adapter."));
    }

    private async Task DisksAsync(ICimSession session, MigrationSourceFacts facts, MigrationPolicy policy, List<MigrationFinding> findings, CancellationToken cancellationToken)
    {
        var copied = facts.HyperV?.Disks ?? [];
        var stay = facts.Vm.Disks.Where(d => d.Source is { } s && !copied.Any(c => Same(c.Source, s))).Select(d => d.Source!).ToList();
        var missing = new List<string>();
        try
        {
            foreach (var file in stay)
            {
                if (!await ThereAsync(session, file, cancellationToken))
                {
                    missing.Add(file);
                }
            }
        }
        catch (HypervisorException error)
        {
            findings.Add(Untold("disks-reachable", error));
            return;
        }

        findings.Add(missing.Count == 0
            ? Finding("disks-reachable", true, $"{stay.Count} disk(s) found on host {Where}.")
            : Finding("disks-reachable", false, $"Not found on host {Where}: {string.Join(", ", missing)}. Make the storage reachable under the same path, or have the disks copied."));
        if (copied.Count == 0 || policy.HyperV is { OverwriteDisks: true })
        {
            return;
        }

        var taken = new List<string>();
        try
        {
            foreach (var disk in copied)
            {
                if (await ThereAsync(session, disk.Destination, cancellationToken))
                {
                    taken.Add(disk.Destination);
                }
            }
        }
        catch (HypervisorException error)
        {
            findings.Add(Untold("disk-exists", error));
            return;
        }

        findings.Add(taken.Count == 0
            ? Finding("disk-exists", true, "The copies' paths are free.")
            : Finding("disk-exists", false, $"On host {Where} already: {string.Join(", ", taken)}. Nothing is written over; remove it, choose another path (hyperV.disks), or allow it (hyperV.overwriteDisks)."));
    }

    private MigrationFinding Untold(string check, HypervisorException error) => Finding(check, false, $"Host {Where} does not say what is there. {error.Message} {error.Error.Advice}".TrimEnd());

    /// <summary>Whether a disk is there. Only "not found" is a no; a host that does not say it throws <see cref="HypervisorException"/>.</summary>
    private async Task<bool> ThereAsync(ICimSession session, string file, CancellationToken cancellationToken)
    {
        if (await HyperVParts.FirstAsync(session, "Msvm_ImageManagementService", cancellationToken) is not { } images)
        {
            throw new HypervisorException(HyperVErrors.Info(ErrorCategory.DeviceNotFound, $"Cannot look for {file}: the host has no image management service.", Where));
        }

        try
        {
            await connector.Jobs.RunAsync(session, HyperVParts.PathOf(images), "GetVirtualHardDiskSettingData", new CimInstance("GetVirtualHardDiskSettingData") { ["Path"] = file }, $"look for {file}", new HyperVJobOptions(), cancellationToken);
            return true;
        }
        catch (HypervisorException error) when (error.Error.Category is ErrorCategory.DiskNotFound || error.Error.Code == "file-not-found")
        {
            return false;
        }
    }

    private async Task<MigrationFinding> MemoryAsync(MigrationSourceFacts facts, CancellationToken cancellationToken)
    {
        var vm = facts.Vm;
        if (HyperVSourceChecks.MovesCold(facts))
        {
            return Finding("memory-fits", true, $"The VM comes {(HyperVSourceChecks.IsCold(vm.State) ? vm.State : VmState.Saved)} and takes no memory.");
        }

        var free = await freeMemory(cancellationToken);
        var fits = free is null || free >= vm.MemoryMiB;
        return Finding("memory-fits", fits, $"The VM needs {vm.MemoryMiB} MiB; {(free is null ? "the host does not say what is free" : $"{free} MiB are free")}.{(fits ? "" : " Stop another VM or choose another host.")}");
    }

    private static MigrationFinding Finding(string check, bool passed, string detail) => HyperVSourceChecks.Finding(check, passed, detail);

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
