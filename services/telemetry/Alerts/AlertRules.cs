using System.Globalization;
using System.Security.Cryptography;
using System.Text;
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

    /// <summary>
    /// An agent renews its certificate when a third of it is left, and tries again every minute. With less than this share left it has failed for long; of certificates that are
    /// valid for months a week has to be enough.
    /// </summary>
    const double LateShare = 0.3;

    static readonly TimeSpan s_late = TimeSpan.FromDays(7);

    delegate IEnumerable<Finding> Rule(FleetFacts facts, IReadOnlySet<AlertKey> open);

    static readonly IReadOnlyList<Rule> s_all =
        [HostUnreachable, HypervisorUnreachable, HostMemoryNearlyFull, OperationsFailing, VmMissing, VmRunsTwice, VmCrashed, OperationInDoubt, CertificateEnding, CertificateEnded, WebhookDeadLetters, QueueErrors];

    /// <summary>Everything that holds now.</summary>
    public static IReadOnlyList<Finding> Evaluate(FleetFacts facts, IReadOnlySet<AlertKey> open) => [.. s_all.SelectMany(rule => rule(facts, open)).DistinctBy(f => f.Key)];

    /// <summary>Whether the facts say anything about an alert. One that they say nothing about is left as it is.</summary>
    public static bool CanJudge(FleetFacts facts, AlertKey alert) => alert.Rule switch
    {
        "agent-certificate-ending" or "agent-certificate-ended" => facts.Certificates is not null,
        "webhook-dead-letters" => facts.Webhooks is not null,
        "queue-errors" => facts.Queues is { } queues && !queues.Any(q => q.Messages is null && IdOf(q.Name) == alert.Subject),
        _ => true,
    };

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

    static IEnumerable<Finding> CertificateEnding(FleetFacts facts, IReadOnlySet<AlertKey> open) =>
        from c in facts.Certificates ?? []
        let left = c.ExpiresAt - facts.Now
        let share = (c.ExpiresAt - c.IssuedAt) * LateShare
        where left > TimeSpan.Zero && left < (share < s_late ? share : s_late)
        select OfPlatform("agent-certificate-ending", AlertSeverity.Warning, c.Agent, c.HostName,
            $"The certificate of the agent on {c.HostName} ends at {Utc(c.ExpiresAt)} and has not been renewed. Without it the agent is cut off.",
            "Look at the agent's log: it says every minute why it cannot renew. If the agent is gone for good, revoke it: DELETE /v1/agents/{id}.");

    static IEnumerable<Finding> CertificateEnded(FleetFacts facts, IReadOnlySet<AlertKey> open) =>
        from c in facts.Certificates ?? []
        where c.ExpiresAt <= facts.Now
        select OfPlatform("agent-certificate-ended", AlertSeverity.Critical, c.Agent, c.HostName,
            $"The certificate of the agent on {c.HostName} ended at {Utc(c.ExpiresAt)}: nothing can be done with its hosts.",
            "Revoke the agent (DELETE /v1/agents/{id}), make a join token and let it join again.");

    static IEnumerable<Finding> WebhookDeadLetters(FleetFacts facts, IReadOnlySet<AlertKey> open) =>
        from w in facts.Webhooks ?? []
        select OfPlatform("webhook-dead-letters", AlertSeverity.Warning, w.Id, w.Name,
            $"{(w.Dead == 1 ? "A delivery" : $"{Number(w.Dead)} deliveries")} to webhook {w.Name} {(w.Dead == 1 ? "was" : "were")} given up{(w.PausedReason is null ? "." : $", and it is paused: {w.PausedReason}")}",
            "See why: GET /v1/webhooks/{id}/deliveries?status=Dead. Send them again with …/deliveries/{deliveryId}/redeliver, or delete the webhook.");

    static IEnumerable<Finding> QueueErrors(FleetFacts facts, IReadOnlySet<AlertKey> open) =>
        from q in facts.Queues ?? []
        let messages = q.Messages ?? 0
        where messages > 0
        select OfPlatform("queue-errors", AlertSeverity.Warning, IdOf(q.Name), q.Name,
            $"Queue {q.Name} holds {(messages == 1 ? "a message" : $"{Number(messages)} messages")} that could not be worked on.",
            "Read them in the broker: each says why in its headers (MT-Fault-Message). Mend the cause, then move them back to the queue they came from, or delete them.");

    /// <summary>An id for what has only a name: the same for the same name.</summary>
    static Guid IdOf(string name) => new(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));

    static Finding OfPlatform(string rule, AlertSeverity severity, Guid part, string name, string message, string advice) => new()
    {
        Rule = rule,
        Severity = severity,
        SubjectKind = AlertSubjectKind.Platform,
        SubjectId = part,
        SubjectName = name,
        Message = message,
        Advice = advice,
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
