using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Accepting;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>Where a VM is to go, and why there.</summary>
internal sealed record PlannedMove(FleetVm Vm, FleetHost Destination, MigrationMode Mode, string Why);

/// <summary>A VM that cannot be moved as things stand.</summary>
internal sealed record Unplaceable(FleetVm Vm, ErrorInfo Error);

/// <summary>
/// Who goes where: a pure function of the fleet. The largest VMs choose first, so that the small ones do not take their room; each takes the host that
/// will have most memory left, which spreads them. Moves are listed in the order they are to begin.
/// </summary>
internal sealed record EvacuationPlan(IReadOnlyList<PlannedMove> Moves, IReadOnlyList<Unplaceable> CannotMove)
{
    const int HostsInAMessage = 8;

    /// <param name="source">The host to empty.</param>
    /// <param name="hosts">The others.</param>
    /// <param name="vms">The VMs to place; each is in the result once.</param>
    /// <param name="settings">What the request allows.</param>
    /// <param name="tried">Where moves of a VM have failed: only if no other host can take it.</param>
    public static EvacuationPlan Make(
        FleetHost source, IReadOnlyList<FleetHost> hosts, IReadOnlyList<FleetVm> vms, EvacuationSettings settings, Func<VmId, IReadOnlyList<HostId>>? tried = null)
    {
        // Stopped VMs take no memory, but count for where the next one goes: they may be started.
        var left = hosts.ToDictionary(h => h.Id, h => h.FreeMiB);
        var rank = new Dictionary<HostId, long>(left);
        var (moves, cannotMove) = (new List<PlannedMove>(), new List<Unplaceable>());
        foreach (var vm in vms.OrderByDescending(NeedMiB).ThenByDescending(v => v.MemoryMiB).ThenBy(v => v.Name, StringComparer.Ordinal).ThenBy(v => v.Id.Value))
        {
            if (CannotLeave(source, vm, settings.Policy) is { } error)
            {
                cannotMove.Add(new Unplaceable(vm, error));
                continue;
            }

            var avoid = tried?.Invoke(vm.Id) ?? [];
            var fitting = hosts.Where(h => Unfit(h, source, vm, settings, left) is null)
                .OrderBy(h => avoid.Contains(h.Id)).ThenByDescending(h => rank[h.Id]).ThenBy(h => h.Name, StringComparer.Ordinal).ThenBy(h => h.Id.Value).ToList();
            if (fitting.Count == 0)
            {
                cannotMove.Add(new Unplaceable(vm, NoDestination(hosts, source, vm, settings, left)));
                continue;
            }

            var chosen = fitting[0];
            left[chosen.Id] -= NeedMiB(vm);
            rank[chosen.Id] -= vm.MemoryMiB;
            moves.Add(new PlannedMove(vm, chosen, vm.State == VmState.Off ? MigrationMode.Cold : MigrationMode.Live, string.Create(CultureInfo.InvariantCulture,
                $"most memory left of {fitting.Count} {(fitting.Count == 1 ? "host that fits" : "hosts that fit")}: {left[chosen.Id]} MiB after it{(avoid.Contains(chosen.Id) ? "; tried before, no other host fits" : "")}")));
        }

        return new EvacuationPlan(InOrder(moves, settings.Order), cannotMove);
    }

    static List<PlannedMove> InOrder(List<PlannedMove> moves, EvacuationOrder order) => order switch
    {
        EvacuationOrder.LargestFirst => moves,
        EvacuationOrder.ByName => [.. moves.OrderBy(m => m.Vm.Name, StringComparer.Ordinal).ThenBy(m => m.Vm.Id.Value)],
        _ => [.. moves.OrderBy(m => m.Vm.MemoryMiB).ThenBy(m => m.Vm.Name, StringComparer.Ordinal).ThenBy(m => m.Vm.Id.Value)],
    };

    /// <summary>Memory that the VM takes where it comes to.</summary>
    public static long NeedMiB(FleetVm vm) => vm.State == VmState.Off ? 0 : vm.MemoryMiB;

    /// <summary>Why the VM cannot leave, wherever to.</summary>
    static ErrorInfo? CannotLeave(FleetHost source, FleetVm vm, MigrationPolicy policy)
    {
        ErrorInfo Error(ErrorKind kind, string code, string why, string advice) =>
            new() { Kind = kind, Code = code, Message = $"VM '{vm.Name}' ({vm.Id}) {why}", Advice = advice, Where = source.Name };
        return vm switch
        {
            { RunsTwice: true } => Error(ErrorKind.InvalidState, "vm-runs-twice", "is reported running by two hosts.", "Turn the wrong copy off first."),
            { Missing: true } => Error(ErrorKind.InvalidState, "vm-missing", "is missing from its host's last complete report.", "Find out on the host where it went."),
            { State: VmState.Running or VmState.Paused } when policy.Mode == MigrationMode.Cold => Error(ErrorKind.InvalidState, "wrong-state", $"is {vm.State}, and the policy allows cold migration only.",
                "Stop it, or ask with mode Auto."),
            { State: VmState.Off } when policy.Mode == MigrationMode.Live => Error(ErrorKind.InvalidState, "wrong-state", "is Off, and the policy allows live migration only.",
                "Start it, or ask with mode Auto."),
            { State: VmState.Running or VmState.Paused or VmState.Off } when Lacks(source, vm, policy) is { } facet => Error(ErrorKind.Unsupported, "facet-unsupported",
                $"cannot leave host '{source.Name}', which does not offer the facet '{facet}'.", "Update its agent, or choose another policy."),
            { State: VmState.Running or VmState.Paused or VmState.Off } => null,
            _ => Error(ErrorKind.InvalidState, "wrong-state", $"is {vm.State}; only VMs that are Running, Paused or Off can be moved.", "Start it or turn it off."),
        };
    }

    /// <summary>What the migration needs that the host does not offer.</summary>
    static string? Lacks(FleetHost host, FleetVm vm, MigrationPolicy policy) =>
        OperationAcceptor.FacetsNeeded(policy, vm.State == VmState.Off).Select(f => f.Facet).FirstOrDefault(f => !host.Facets.Contains(f));

    /// <summary>Why this host cannot take this VM; null if it can.</summary>
    static string? Unfit(FleetHost host, FleetHost source, FleetVm vm, EvacuationSettings settings, Dictionary<HostId, long> left) =>
        host.Id == source.Id ? "is the host that is emptied"
        : settings.DestinationHostIds.Count > 0 && !settings.DestinationHostIds.Contains(host.Id) ? "is not among the destinations asked for"
        : host.Kind != source.Kind ? $"is a {host.Kind} host"
        : host.InMaintenance ? "is in maintenance"
        : Lacks(host, vm, settings.Policy) is { } facet ? $"does not offer the facet '{facet}'"
        : host.Status != "Online" ? $"is not online ({host.Status})"
        : NeedMiB(vm) > 0 && left[host.Id] < NeedMiB(vm) ? string.Create(CultureInfo.InvariantCulture, $"has {left[host.Id]} MiB left")
        : null;

    static ErrorInfo NoDestination(IReadOnlyList<FleetHost> hosts, FleetHost source, FleetVm vm, EvacuationSettings settings, Dictionary<HostId, long> left)
    {
        var reasons = hosts.Where(h => h.Id != source.Id).OrderByDescending(h => left[h.Id]).ThenBy(h => h.Name, StringComparer.Ordinal)
            .Select(h => $"'{h.Name}' {Unfit(h, source, vm, settings, left)}").ToList();
        var more = reasons.Count > HostsInAMessage ? string.Create(CultureInfo.InvariantCulture, $"; and {reasons.Count - HostsInAMessage} more") : "";
        return new ErrorInfo
        {
            Kind = ErrorKind.Resource,
            Code = "no-destination",
            Message = string.Create(CultureInfo.InvariantCulture, $"No host can take VM '{vm.Name}' ({vm.Id}, {vm.MemoryMiB} MiB): ")
                + (reasons.Count == 0 ? "there is no other host." : $"{string.Join("; ", reasons.Take(HostsInAMessage))}{more}."),
            Where = source.Name,
            Advice = "Make room on a host, add one, or allow more destinations; then start another evacuation.",
        };
    }
}
