using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>The pre-flight checks of the source. They read only; each answers with a finding, so that a person sees all that is wrong at once.</summary>
internal sealed class HyperVSourceChecks(HyperVConnector connector)
{
    /// <summary>Looks at a VM that was read as <paramref name="vm"/>.</summary>
    public async Task<(IReadOnlyList<MigrationFinding> Findings, MigrationSourceFacts? Facts)> RunAsync(ICimSession session, VmInfo vm, MigrationPolicy policy, CancellationToken cancellationToken)
    {
        var where = connector.Where;
        var path = VmPaths.Of(vm.Id);
        if (await HyperVParts.ReadAsync(session, vm.Id, cancellationToken) is not { } parts)
        {
            return ([Finding("vm-exists", false, $"Host {where} has no VM {vm.Id}.")], null);
        }

        var toSuspended = policy.HyperV is { ToSuspended: true };
        var job = await connector.Jobs.FindRunningAsync(session, path, "Msvm_MigrationJob", cancellationToken);
        var findings = new List<MigrationFinding>
        {
            Finding("vm-exists", true, $"VM {vm.Name} is on host {where}."),
            State(vm, policy),
            Finding("no-job", job is null, job is null ? "No other transfer holds it." : $"A migration of this VM is running already ({job.Percent} %)."),
            Devices(parts),
            Service(await HyperVMigrationService.ReadAsync(session, cancellationToken), policy, where),
        };
        Unsupported(policy, findings);
        Images(parts, findings);
        var disks = Disks(vm, parts, policy, findings);
        if (findings.Any(f => !f.Passed))
        {
            return (findings, null);
        }

        var retained = policy.HyperV is { AvoidRemovingDisks: true } ? disks : [];
        return (findings, new MigrationSourceFacts
        {
            Vm = vm,
            SourceHostName = where,
            Hypervisor = HypervisorKind.HyperV,
            MachineType = parts.Settings.String("Version"),
            CopyDisks = [.. vm.Disks.Where(d => retained.Any(r => Same(r.Source, d.Source))).Select(d => d.Target)],
            HyperV = new HyperVSourceFacts
            {
                Version = parts.Settings.String("Version"),
                ProcessorVendor = await HyperVProcessors.VendorAsync(session, cancellationToken),
                ProcessorCompatibility = parts.ProcessorCompatibility,
                CompatibilityInfo = await HyperVProcessors.CompatibilityAsync(session, path, vm, cancellationToken),
                Switches = [.. vm.Nics.Select(n => n.Network).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase)],
                Disks = disks,
                ToSuspended = toSuspended && vm.State is VmState.Running or VmState.Paused,
            },
        });
    }

    /// <summary>One finding.</summary>
    public static MigrationFinding Finding(string check, bool passed, string detail) => new() { Check = check, Passed = passed, Detail = detail };

    /// <summary>What moves without running.</summary>
    public static bool IsCold(VmState state) => state is VmState.Off or VmState.Crashed or VmState.Saved;

    /// <summary>Found at rest, or saved before it moves.</summary>
    public static bool MovesCold(MigrationSourceFacts facts) => IsCold(facts.Vm.State) || facts.HyperV is { ToSuspended: true };

    private static MigrationFinding State(VmInfo vm, MigrationPolicy policy)
    {
        if (IsCold(vm.State))
        {
            return policy.Mode == MigrationMode.Live
                ? Finding("vm-running", false, $"It is {vm.State}; only a running or paused VM migrates live. Start it, or use mode Cold or Auto.")
                : Finding("vm-off", true, $"It is {vm.State} and moves cold.");
        }

        var runs = vm.State is VmState.Running or VmState.Paused;
        if (policy.HyperV is { ToSuspended: true } && runs)
        {
            return Finding("vm-running", true, $"It is {vm.State}, and is saved before it moves.");
        }

        return policy.Mode == MigrationMode.Cold
            ? Finding("vm-off", false, $"It is {vm.State}; only a VM that is off or saved migrates cold. Shut it down, or use mode Live or Auto.")
            : Finding("vm-running", runs, runs ? $"It is {vm.State}." : $"It is {vm.State}; only a running or paused VM migrates live.");
    }

    private static MigrationFinding Devices(HyperVParts parts)
    {
        var devices = parts.HostDevices.ToList();
        return devices.Count == 0
            ? Finding("devices", true, "No device of the host is passed through.")
            : Finding("devices", false, $"{devices.Count} device(s) of the host are passed through ({string.Join(", ", devices)}); remove them first.");
    }

    internal static MigrationFinding Service(HyperVMigrationService? service, MigrationPolicy policy, string where)
    {
        const string Check = "migration-enabled";
        return service switch
        {
            null => Finding(Check, false, $"Host {where} has no migration service. Is the Hyper-V role installed?"),
            { Enabled: false } => Finding(Check, false, $"Live migration is not enabled on host {where}. Enable it in the host's Hyper-V settings (Enable-VMMigration)."),
            { MostMigrations: 0 } => Finding(Check, false, $"Host {where} is set to take part in no migration. Raise its number of simultaneous live migrations."),
            { Smb: false } when policy.HyperV?.Transport == HyperVTransport.Smb => Finding(Check, true, $"Live migration is enabled on host {where}; its default is TCP, and SMB was asked for."),
            _ => Finding(Check, true, $"Live migration is enabled on host {where}: {service.Active} of at most {service.MostMigrations?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "any number"} run."),
        };
    }

    private static void Unsupported(MigrationPolicy policy, List<MigrationFinding> findings)
    {
        if (policy.BandwidthMiBps is { } cap)
        {
            findings.Add(Finding("bandwidth-cap", false, $"Hyper-V cannot keep one migration to {cap} MiB/s. Leave the cap out; limit the hosts' live migration network instead."));
        }

        if (policy.MaxDowntimeMs is { } downtime)
        {
            findings.Add(Finding("max-downtime", false, $"Hyper-V takes no downtime limit of {downtime} ms. Leave it out; hyperV.cancelOnBlackout gives up at Hyper-V's own limit."));
        }

        if (policy.Ladder.FirstOrDefault(s => s.Action != ConvergenceAction.Abort) is { } step)
        {
            findings.Add(Finding("ladder", false, $"Hyper-V ends every transfer by itself and cannot {step.Action}; only Abort can be a rung. Take the other out."));
        }
    }

    private void Images(HyperVParts parts, List<MigrationFinding> findings)
    {
        var local = parts.Images.Where(i => !IsShared(i)).ToList();
        findings.Add(local.Count == 0
            ? Finding("images", true, "No local image is in a DVD drive.")
            : Finding("images", false, $"Only this host has what is in its DVD drive: {string.Join(", ", local)}. Eject it, or put it on shared storage."));
    }

    private List<HyperVDiskMove> Disks(VmInfo vm, HyperVParts parts, MigrationPolicy policy, List<MigrationFinding> findings)
    {
        var files = parts.Disks.Select(d => HyperVParts.FileOf(d)!).ToList();
        var options = policy.HyperV ?? new HyperVMigrationOptions();
        var named = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var move in options.Disks)
        {
            var file = files.FirstOrDefault(f => Same(f, move.Source)) ?? vm.Disks.FirstOrDefault(d => Same(d.Target, move.Source))?.Source;
            if (file is null)
            {
                findings.Add(Finding("disk-known", false, $"VM {vm.Name} has no disk '{move.Source}'. It has {string.Join(", ", files)}."));
                continue;
            }

            named[file] = move.Destination;
        }

        var local = files.Where(f => !IsShared(f)).ToList();
        if (policy.Storage == MigrationStorage.CopyIncremental)
        {
            findings.Add(Finding("disks-copyable", false, "Hyper-V copies disks whole. Use storage CopyFull."));
            return [];
        }

        if (policy.Storage != MigrationStorage.CopyFull)
        {
            findings.Add(local.Count == 0
                ? Finding("disks-reachable", true, $"{files.Count} disk(s), all on shared storage.")
                : Finding("disks-reachable", false, $"Not under a shared path: {string.Join(", ", local)}. Move them to shared storage, declare the path in the agent's SharedPaths, or have them copied (storage CopyFull)."));
            return [];
        }

        List<HyperVDiskMove> moves = [.. files.Where(f => named.ContainsKey(f) || !IsShared(f)).Select(f => new HyperVDiskMove { Source = f, Destination = named.GetValueOrDefault(f) ?? Below(options.DestinationPath, f) })];
        findings.Add(Finding("disks-copyable", true, moves.Count == 0 ? "No disk has to be copied." : $"{moves.Count} disk(s) are copied: {string.Join(", ", moves.Select(m => Same(m.Source, m.Destination) ? m.Source : $"{m.Source} to {m.Destination}"))}."));
        findings.Add(Finding("disks-reachable", true, $"{files.Count - moves.Count} disk(s) stay on shared storage."));
        return moves;
    }

    private static string Below(string? directory, string file) => directory is null ? file : HyperVParts.Below(directory, file);

    private bool IsShared(string path) => IsShared(path, connector.Options);

    /// <summary>On storage that other hosts reach under the same path: a share, or a folder that the options say is one.</summary>
    public static bool IsShared(string path, HyperVOptions options) => path.StartsWith(@"\\", StringComparison.Ordinal)
        || options.SharedPaths.Any(s => Same(path, s) || path.StartsWith(s.TrimEnd('\\') + '\\', StringComparison.OrdinalIgnoreCase));

    private static bool Same(string? one, string? other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
