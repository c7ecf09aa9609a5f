using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Alerts;

namespace HvPlatform.Telemetry.Alerts;

/// <summary>
/// The rules: each a pure function of the facts that says for whom it holds now. An alert is raised when its rule begins to hold and cleared when it no longer does;
/// a rule that could flicker looks at what is open.
/// </summary>
internal static class AlertRules
{
    /// <summary>Memory in use from which on a host is nearly full, and below which it no longer is.</summary>
    const double FullShare = 0.95, EasedShare = 0.92;

    /// <summary>Failures on one host within a quarter of an hour that are no chance any more.</summary>
    const int ManyFailures = 3;

    delegate IEnumerable<Finding> Rule(FleetFacts facts, IReadOnlySet<AlertKey> open);

    static readonly IReadOnlyList<Rule> s_all =
        [HostUnreachable, HypervisorUnreachable, HostMemoryNearlyFull, OperationsFailing, VmMissing, VmRunsTwice, VmCrashed, OperationInDoubt];

    /// <summary>Everything that holds now.</summary>
    public static IReadOnlyList<Finding> Evaluate(FleetFacts facts, IReadOnlySet<AlertKey> open) => [.. s_all.SelectMany(rule => rule(facts, open)).DistinctBy(f => f.Key)];

    static IEnumerable<Finding> HostUnreachable(FleetFacts facts, IReadOnlySet<AlertKey> open) =>
        from h in facts.Hosts
        where h.Reachability == "AgentSilent"
        select OfHost(h, "host-unreachable", AlertSeverity.Critical,
            $"The agent of host {h.Name} has not been heard since {Utc(h.LastSeenAt)}. Its VMs may well run on.",
            "Look whether the host is up, then at its agent's log.");

    static IEnumerable<Finding> HypervisorUnreachable(FleetFacts facts, IReadOnlySet<AlertKey> open) =>
        from h in facts.Hosts
        where h.Reachability == "HypervisorUnreachable"
        select OfHost(h, "hypervisor-unreachable", AlertSeverity.Critical,
            $"The hypervisor of host {h.Name} does not answer its agent{(h.Error is null ? "." : $": {h.Error}")}",
            "Look at the hypervisor's service on the host.");

    static IEnumerable<Finding> HostMemoryNearlyFull(FleetFacts facts, IReadOnlySet<AlertKey> open) =>
        from h in facts.Hosts
        where h is { Reachability: "Online", MemoryMiB: > 0, MemoryFreeMiB: not null }
        let free = h.MemoryFreeMiB ?? 0
        let used = 1 - (free / (double)h.MemoryMiB)
        where used > (open.Contains(new("host-memory-nearly-full", h.Id.Value)) ? EasedShare : FullShare)
        select OfHost(h, "host-memory-nearly-full", AlertSeverity.Warning,
            $"Host {h.Name} has {Number(free)} MiB of {Number(h.MemoryMiB)} MiB memory left.",
            "Move VMs away, or let no more be placed there (maintenance).");

    static IEnumerable<Finding> OperationsFailing(FleetFacts facts, IReadOnlySet<AlertKey> open) =>
        from f in facts.Failures
        where f.Count >= ManyFailures
        select new Finding
        {
            Rule = "operations-failing",
            Severity = AlertSeverity.Warning,
            SubjectKind = AlertSubjectKind.Host,
            SubjectId = f.Host.Value,
            SubjectName = f.Name,
            Host = f.Host,
            Message = $"{Number(f.Count)} operations failed on host {f.Name} within a quarter of an hour{(f.Message is null ? "." : $", one with: {f.Message}")}",
            Advice = "Look at the errors of its operations: GET /v1/operations?host=…&status=Failed.",
        };

    static IEnumerable<Finding> VmMissing(FleetFacts facts, IReadOnlySet<AlertKey> open) =>
        from v in facts.Vms
        where v.MissingSince is not null
        select OfVm(v, "vm-missing", AlertSeverity.Critical,
            $"No host has reported VM {v.Name} since {Utc(v.MissingSince)}; it was last on {v.HostName ?? v.Host.ToString()}.",
            "Look for it on that host. If it was removed there on purpose, it is taken for deleted after a while.");

    static IEnumerable<Finding> VmRunsTwice(FleetFacts facts, IReadOnlySet<AlertKey> open) =>
        from v in facts.Vms
        where v.RunsTwice
        select OfVm(v, "vm-runs-twice", AlertSeverity.Critical,
            $"Two hosts say that VM {v.Name} runs. If both write its disks, these are being destroyed.",
            "Find out which copy is the right one (GET /v1/vms/{id} shows the placements) and turn the other one off at once.");

    static IEnumerable<Finding> VmCrashed(FleetFacts facts, IReadOnlySet<AlertKey> open) =>
        from v in facts.Vms
        where v.State == VmState.Crashed || (v.State == VmState.Off && v.StateReason is { } why && (why.Contains("crash", StringComparison.OrdinalIgnoreCase) || why.Contains("failed", StringComparison.OrdinalIgnoreCase)))
        select OfVm(v, "vm-crashed", AlertSeverity.Critical,
            $"VM {v.Name} on {v.HostName ?? v.Host.ToString()} {(v.State == VmState.Crashed ? "has crashed" : "went off by itself")}{(v.StateReason is null ? "." : $" ({v.StateReason}).")}",
            "Look at the host's log of the VM and at its console, then start it again.");

    static IEnumerable<Finding> OperationInDoubt(FleetFacts facts, IReadOnlySet<AlertKey> open) =>
        from d in facts.Doubts
        select new Finding
        {
            Rule = "operation-in-doubt",
            Severity = AlertSeverity.Critical,
            SubjectKind = AlertSubjectKind.Operation,
            SubjectId = d.Id.Value,
            SubjectName = d.VmName,
            Vm = d.Vm,
            Message = $"{d.Kind} of VM {d.VmName ?? d.Vm.ToString()} is in doubt since {Utc(d.Since)}{(d.Unknown is null ? "." : $": {d.Unknown}")}",
            Advice = "It resolves itself when the silent host answers. If it never will, say what is true: POST /v1/migrations/{id}/resolve.",
        };

    static Finding OfHost(HostFacts host, string rule, AlertSeverity severity, string message, string advice) => new()
    {
        Rule = rule,
        Severity = severity,
        SubjectKind = AlertSubjectKind.Host,
        SubjectId = host.Id.Value,
        SubjectName = host.Name,
        Host = host.Id,
        Message = message,
        Advice = advice,
    };

    static Finding OfVm(VmFacts vm, string rule, AlertSeverity severity, string message, string advice) => new()
    {
        Rule = rule,
        Severity = severity,
        SubjectKind = AlertSubjectKind.Vm,
        SubjectId = vm.Id.Value,
        SubjectName = vm.Name,
        Vm = vm.Id,
        Host = vm.Host,
        Message = message,
        Advice = advice,
    };

    static string Utc(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture) ?? "an unknown moment";

    static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
