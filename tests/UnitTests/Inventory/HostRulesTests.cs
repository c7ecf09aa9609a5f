using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Inventory.Hosts;
using Xunit;

namespace HvPlatform.UnitTests.Inventory;

public sealed class HostRulesTests
{
    static readonly HostId s_id = Fleet.A;
    static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    HostRecord? host;
    HostContact? contact;
    DateTimeOffset now = s_start;

    [Fact]
    public void The_first_registration_joins_and_a_repeated_one_is_no_event()
    {
        Assert.Equal("HostJoined", Register());
        Assert.Equal("", Register());
        Assert.Equal(HostReachability.Online, host!.Reachability);
    }

    [Fact]
    public void Changed_capabilities_are_named()
    {
        Register();
        Assert.Equal("HostCapabilitiesChanged", Register(memoryMiB: 2048));
        Assert.Equal(2048, host!.Capabilities.MemoryMiB);
    }

    [Fact]
    public void A_changed_limit_of_migrations_or_of_their_bandwidth_is_taken_over()
    {
        Register();
        Assert.Equal("HostCapabilitiesChanged", Register(maxMigrations: 2));
        Assert.Equal("HostCapabilitiesChanged", Register(maxMigrations: 2, maxBandwidthMiBps: 100));
        Assert.Equal("", Register(maxMigrations: 2, maxBandwidthMiBps: 100));
        Assert.Equal((2, 100), (host!.Capabilities.MaxConcurrentMigrations, host.Capabilities.MaxMigrationBandwidthMiBps));
    }

    [Fact]
    public void A_registration_of_an_older_agent_process_is_dropped()
    {
        Register(startedAt: s_start.AddMinutes(1));
        Assert.Equal("", Register(memoryMiB: 1, startedAt: s_start));
        Assert.Equal(1024, host!.Capabilities.MemoryMiB);
    }

    [Fact]
    public void A_new_agent_that_counts_from_lower_is_believed_from_then_on()
    {
        Register();
        contact = contact! with { Generation = 500 };
        Assert.Equal("HostGenerationRestarted", Register(startedAt: s_start.AddMinutes(1), generation: 3, knownGeneration: 500));
        Assert.Equal(3, contact!.Generation);
    }

    [Fact]
    public void A_reconnecting_agent_does_not_restart_the_generations()
    {
        Register();
        contact = contact! with { Generation = 500 };
        Assert.Equal("", Register(generation: 3, knownGeneration: 500));
        Assert.Equal(500, contact!.Generation);
    }

    [Fact]
    public void Heartbeats_record_only_what_changes()
    {
        Register();
        Assert.Equal("", Heartbeat(1));
        Assert.Equal("HostUnreachable", Heartbeat(2, reachable: false));
        Assert.Equal("", Heartbeat(3, reachable: false));
        Assert.Equal(HostReachability.HypervisorUnreachable, host!.Reachability);
        Assert.Equal("HostReachable", Heartbeat(4));
    }

    [Fact]
    public void A_heartbeat_sent_before_a_newer_one_or_before_the_stop_says_nothing()
    {
        Register();
        Heartbeat(5);
        Assert.Equal("", Heartbeat(4, reachable: false));
        Assert.Equal("HostAgentStopped", Stop(6));
        Assert.Equal("", Heartbeat(6));
        Assert.Equal(HostReachability.AgentStopped, host!.Reachability);
        Assert.Equal("HostReachable", Register(startedAt: s_start.AddSeconds(10)));
    }

    [Fact]
    public void Three_missed_heartbeats_are_silence_and_two_are_not()
    {
        Register();
        Heartbeat(1);
        Assert.Empty(HostRules.Silent(host!, contact!, contact!.LastSeenAt.AddSeconds(10)).Events);
        Assert.IsType<HostUnreachable>(Assert.Single(HostRules.Silent(host!, contact!, contact!.LastSeenAt.AddSeconds(16)).Events));
    }

    [Fact]
    public void An_agent_that_stopped_in_good_order_is_not_silent()
    {
        Register();
        Stop(2);
        Assert.Empty(HostRules.Silent(host!, contact!, contact!.LastSeenAt.AddHours(1)).Events);
    }

    [Fact]
    public void A_failing_report_is_recorded_when_it_begins_to_fail_and_when_it_recovers()
    {
        Register();
        Assert.Equal("", Reported(HostReportOutcome.Complete, 10));
        Assert.Equal("HostReportFailed", Reported(HostReportOutcome.Failed, 11));
        Assert.Equal("", Reported(HostReportOutcome.Failed, 12));
        Assert.Equal("HostReportFailed", Reported(HostReportOutcome.Partial, 13));
        Assert.Equal(10, contact!.Generation);
        Assert.Equal("HostReportRecovered", Reported(HostReportOutcome.Complete, 14));
        Assert.Equal(14, contact!.Generation);
    }

    [Fact]
    public void A_report_older_than_one_worked_on_is_dropped_whole()
    {
        Register();
        Reported(HostReportOutcome.Complete, 10);
        Assert.Null(HostRules.Reported(host, contact, Fleet.Report(9, HostReportOutcome.Complete), now));
    }

    [Fact]
    public void An_empty_report_is_no_evidence_for_a_deletion()
    {
        Reported(HostReportOutcome.Complete, 10);
        Assert.Null(contact!.EvidenceAt);
    }

    string Register(long memoryMiB = 1024, DateTimeOffset? startedAt = null, long generation = 1, long knownGeneration = 0, int? maxMigrations = null, int? maxBandwidthMiBps = null) => Take(HostRules.Registered(host, contact, knownGeneration, new()
    {
        HostId = s_id,
        Name = "a",
        Kind = HypervisorKind.Simulated,
        Capabilities = new()
        {
            Hypervisor = "test",
            CpuModel = "test",
            CpuCount = 1,
            MemoryMiB = memoryMiB,
            Facets = [],
            MaxConcurrentMigrations = maxMigrations,
            MaxMigrationBandwidthMiBps = maxBandwidthMiBps,
        },
        AgentVersion = "1",
        AgentStartedAt = startedAt ?? s_start,
        HeartbeatSeconds = 5,
        Generation = generation,
    }, Next()));

    string Heartbeat(int second, bool reachable = true) =>
        Take(HostRules.Heartbeat(host, contact, new() { HostId = s_id, SentAt = s_start.AddSeconds(second), HypervisorReachable = reachable }, Next()));

    string Stop(int second) => Take(HostRules.Stopping(host, contact, new() { HostId = s_id, At = s_start.AddSeconds(second) }, Next()));

    string Reported(HostReportOutcome outcome, long generation) => Take(HostRules.Reported(host, contact, Fleet.Report(generation, outcome), Next())!);

    DateTimeOffset Next() => now = now.AddSeconds(1);

    string Take(HostChange change)
    {
        (host, contact) = (change.After, change.Contact);
        return string.Join(' ', change.Events.Select(e => e.GetType().Name));
    }
}
