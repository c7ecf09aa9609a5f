using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Inventory.Storage;

namespace HvPlatform.Inventory.Hosts;

/// <summary>What a host's messages about itself mean. Pure.</summary>
internal static class HostRules
{
    /// <param name="host">The host as known, null before its first registration.</param>
    /// <param name="contact">What was heard of it before, null if nothing.</param>
    /// <param name="knownGeneration">The highest generation stored for it or any of its VMs.</param>
    /// <param name="m">The message.</param>
    /// <param name="now">The inventory's clock.</param>
    public static HostChange Registered(HostRecord? host, HostContact? contact, long knownGeneration, HostRegistered m, DateTimeOffset now)
    {
        var heard = Heard(contact, m.HostId, now);
        var change = new HostChange(host, heard, now);
        if (contact?.AgentStartedAt > m.AgentStartedAt)
        {
            return change;
        }

        if (contact?.AgentStartedAt is { } started && started < m.AgentStartedAt && m.Generation < knownGeneration && host is not null)
        {
            change.Add(new HostGenerationRestarted { HostId = m.HostId, KnownGeneration = knownGeneration, Generation = m.Generation, AgentStartedAt = m.AgentStartedAt });
            heard = heard with { Generation = Math.Min(heard.Generation, m.Generation) };
        }

        change.Contact = heard with { AgentStartedAt = m.AgentStartedAt };
        if (host is null)
        {
            change.Add(new HostJoined
            {
                HostId = m.HostId,
                Name = m.Name,
                Kind = m.Kind,
                Capabilities = m.Capabilities,
                AgentVersion = m.AgentVersion,
                HeartbeatSeconds = m.HeartbeatSeconds,
                AgentStartedAt = m.AgentStartedAt,
            });
            return change;
        }

        if (Differences(host, m) is { Count: > 0 } changed)
        {
            change.Add(new HostCapabilitiesChanged
            {
                HostId = m.HostId,
                Name = m.Name,
                Kind = m.Kind,
                Capabilities = m.Capabilities,
                AgentVersion = m.AgentVersion,
                HeartbeatSeconds = m.HeartbeatSeconds,
                Changed = changed,
            });
        }

        // An agent that stopped in good order comes back as another process: the same one's registration is older than its stop.
        if (contact?.StoppedAt is null || m.AgentStartedAt > contact.StoppedAt)
        {
            Answers(change, m.HostId, now);
        }

        return change;
    }

    public static HostChange Heartbeat(HostRecord? host, HostContact? contact, HostHeartbeat m, DateTimeOffset now)
    {
        var heard = Heard(contact, m.HostId, now);
        var change = new HostChange(host, heard, now);
        if (m.SentAt <= contact?.HeartbeatSentAt || m.SentAt <= contact?.StoppedAt)
        {
            return change;
        }

        change.Contact = heard with { HeartbeatSentAt = m.SentAt, MemoryFreeMiB = m.MemoryFreeMiB ?? heard.MemoryFreeMiB };
        if (m.HypervisorReachable)
        {
            Answers(change, m.HostId, m.SentAt);
        }
        else if (host is not null && host.Reachability != HostReachability.HypervisorUnreachable)
        {
            change.Add(new HostUnreachable { HostId = m.HostId, Reachability = HostReachability.HypervisorUnreachable, LastSeenAt = now, Error = m.Error });
        }

        return change;
    }

    public static HostChange Stopping(HostRecord? host, HostContact? contact, HostAgentStopping m, DateTimeOffset now)
    {
        var heard = Heard(contact, m.HostId, now);
        var change = new HostChange(host, heard, now);
        if (m.At < contact?.HeartbeatSentAt || m.At < contact?.AgentStartedAt)
        {
            return change;
        }

        change.Contact = heard with { StoppedAt = m.At };
        if (host is not null && host.Reachability != HostReachability.AgentStopped)
        {
            change.Add(new HostAgentStopped { HostId = m.HostId, At = m.At });
        }

        return change;
    }

    /// <summary>What a report says about the host itself; null if it is older than one already worked on and means nothing.</summary>
    public static HostChange? Reported(HostRecord? host, HostContact? contact, HostReported m, DateTimeOffset now)
    {
        if (m.Generation < contact?.Generation)
        {
            return null;
        }

        var heard = Heard(contact, m.HostId, now) with { ReportOutcome = m.Outcome, ReportError = m.Error, ReportVms = m.Vms.Count, ReportReceivedAt = now };
        if (m.Outcome == HostReportOutcome.Complete)
        {
            heard = heard with { Generation = m.Generation, ObservedAt = m.ObservedAt, EvidenceAt = m.Vms.Count > 0 ? now : heard.EvidenceAt };
        }

        var change = new HostChange(host, heard, now);
        if (host is null)
        {
            return change;
        }

        var before = contact?.ReportOutcome ?? HostReportOutcome.Complete;
        if (m.Outcome != HostReportOutcome.Complete && m.Outcome != before)
        {
            change.Add(new HostReportFailed
            {
                HostId = m.HostId,
                Outcome = m.Outcome,
                VmsListed = m.Vms.Count,
                Error = m.Error,
                Generation = m.Generation,
                ObservedAt = m.ObservedAt,
            });
        }
        else if (m.Outcome == HostReportOutcome.Complete && before != HostReportOutcome.Complete)
        {
            change.Add(new HostReportRecovered { HostId = m.HostId, VmsListed = m.Vms.Count, Generation = m.Generation, ObservedAt = m.ObservedAt });
        }

        return change;
    }

    /// <summary>Three heartbeats missed.</summary>
    public static HostChange Silent(HostRecord host, HostContact contact, DateTimeOffset now)
    {
        var change = new HostChange(host, contact, now);
        if (host.Reachability is HostReachability.Online or HostReachability.HypervisorUnreachable && contact.LastSeenAt < now - host.SilenceLimit)
        {
            change.Add(new HostUnreachable { HostId = host.Id, Reachability = HostReachability.AgentSilent, LastSeenAt = contact.LastSeenAt });
        }

        return change;
    }

    static void Answers(HostChange change, HostId host, DateTimeOffset at)
    {
        if (change.After is { } known && known.Reachability != HostReachability.Online)
        {
            change.Add(new HostReachable { HostId = host, After = known.Reachability, At = at });
        }
    }

    static HostContact Heard(HostContact? contact, HostId host, DateTimeOffset now) =>
        contact is null ? new() { HostId = host, LastSeenAt = now } : contact with { LastSeenAt = now > contact.LastSeenAt ? now : contact.LastSeenAt };

    static List<string> Differences(HostRecord host, HostRegistered m)
    {
        var (a, b) = (host.Capabilities, m.Capabilities);
        (bool Differs, string Member)[] members =
        [
            (host.Name != m.Name, "name"),
            (host.Kind != m.Kind, "kind"),
            (host.AgentVersion != m.AgentVersion, "agentVersion"),
            (host.HeartbeatSeconds != m.HeartbeatSeconds, "heartbeatSeconds"),
            (a.Hypervisor != b.Hypervisor, "hypervisor"),
            (a.CpuModel != b.CpuModel, "cpuModel"),
            (a.CpuCount != b.CpuCount, "cpuCount"),
            (a.MemoryMiB != b.MemoryMiB, "memoryMiB"),
            (!a.Facets.SequenceEqual(b.Facets), "facets"),
            (a.MigrationUri != b.MigrationUri, "migrationUri"),
            (a.MaxConcurrentMigrations != b.MaxConcurrentMigrations, "maxConcurrentMigrations"),
            (a.MaxMigrationBandwidthMiBps != b.MaxMigrationBandwidthMiBps, "maxMigrationBandwidthMiBps"),
            (SqlParameters.Json(a.HyperV) != SqlParameters.Json(b.HyperV), "hyperV"),
        ];
        return [.. members.Where(x => x.Differs).Select(x => x.Member)];
    }
}
