using HvPlatform.Contracts;
using HvPlatform.Contracts.Alerts;
using HvPlatform.Telemetry.Alerts;
using Xunit;

namespace HvPlatform.UnitTests.Telemetry;

public sealed class AlertRulesTests
{
    static readonly DateTimeOffset s_now = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);
    static readonly HostFacts s_host = new(new(Guid.NewGuid()), "alpha", "Online", s_now, null, 100_000, 50_000);
    static readonly VmFacts s_vm = new(new(Guid.NewGuid()), "web", s_host.Id, "alpha", VmState.Running, "booted", null, false);

    [Fact]
    public void Nothing_is_found_where_nothing_is_wrong() =>
        Assert.Empty(Of(new() { Now = s_now, Hosts = [s_host, s_host with { Reachability = "AgentStopped" }], Vms = [s_vm, s_vm with { State = VmState.Off, StateReason = "shutdown" }] }));

    [Theory]
    [InlineData("AgentSilent", "host-unreachable", "has not been heard since 2026-05-04 03:02:01 UTC")]
    [InlineData("HypervisorUnreachable", "hypervisor-unreachable", "does not answer its agent: no socket")]
    public void A_host_that_cannot_be_managed(string reachability, string rule, string words)
    {
        var found = Assert.Single(Of(new() { Now = s_now, Hosts = [s_host with { Reachability = reachability, Error = "no socket", MemoryFreeMiB = 1 }] }));
        Assert.Equal((rule, AlertSeverity.Critical, AlertSubjectKind.Host, s_host.Id.Value, "alpha"), (found.Rule, found.Severity, found.SubjectKind, found.SubjectId, found.SubjectName));
        Assert.Contains(words, found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_nearly_full_stays_so_until_there_is_room_again()
    {
        Assert.Empty(Of(new() { Now = s_now, Hosts = [s_host with { MemoryFreeMiB = 6_000 }] }));
        var full = Assert.Single(Of(new() { Now = s_now, Hosts = [s_host with { MemoryFreeMiB = 4_000 }] }));
        Assert.Equal("host-memory-nearly-full", full.Rule);
        Assert.Single(Of(new() { Now = s_now, Hosts = [s_host with { MemoryFreeMiB = 6_000 }] }, full.Key));
        Assert.Empty(Of(new() { Now = s_now, Hosts = [s_host with { MemoryFreeMiB = 9_000 }] }, full.Key));
        Assert.Empty(Of(new() { Now = s_now, Hosts = [s_host with { MemoryFreeMiB = null }] }, full.Key));
    }

    [Fact]
    public void A_VM_in_trouble_is_told_by_what_is_wrong_with_it()
    {
        Assert.Equal("vm-missing", Rule(s_vm with { MissingSince = s_now }));
        Assert.Equal("vm-runs-twice", Rule(s_vm with { RunsTwice = true }));
        Assert.Equal("vm-crashed", Rule(s_vm with { State = VmState.Crashed }));
        Assert.Equal("vm-crashed", Rule(s_vm with { State = VmState.Off, StateReason = "lifecycle:stopped/failed" }));

        static string Rule(VmFacts vm) => Assert.Single(Of(new() { Now = s_now, Vms = [vm] })).Rule;
    }

    [Theory]
    [InlineData(30, 9.9, null)]
    [InlineData(30, 6.9, "agent-certificate-ending")]
    [InlineData(0.1, 0.031, null)]
    [InlineData(0.1, 0.029, "agent-certificate-ending")]
    [InlineData(30, 0, "agent-certificate-ended")]
    [InlineData(30, -3, "agent-certificate-ended")]
    public void A_certificate_is_late_when_its_renewal_has_failed_for_long(double daysOfLife, double daysLeft, string? rule)
    {
        var ends = s_now.AddDays(daysLeft);
        var found = Of(new() { Now = s_now, Certificates = [new(Guid.NewGuid(), "kvm1", ends.AddDays(-daysOfLife), ends)] }).SingleOrDefault();
        Assert.Equal(rule, found?.Rule);
        Assert.True(found is null || (found.SubjectName == "kvm1" && found.Message.Contains("kvm1", StringComparison.Ordinal)));
    }

    [Fact]
    public void Letters_that_nobody_took_are_told_by_webhook_and_by_queue()
    {
        var webhook = Assert.Single(Of(new() { Now = s_now, Webhooks = [new(Guid.NewGuid(), "pager", 3, "20 deliveries in a row were given up.")] }));
        Assert.Contains("3 deliveries to webhook pager", webhook.Message, StringComparison.Ordinal);
        Assert.Contains("20 deliveries in a row", webhook.Message, StringComparison.Ordinal);
        var queues = Of(new() { Now = s_now, Queues = [new("orchestrator_error", 1), new("inventory_error", 2), new("telemetry_error", 0)] });
        Assert.Equal(["inventory_error", "orchestrator_error"], queues.Select(q => q.SubjectName).Order());
        Assert.Equal(2, queues.Select(q => q.Key).Distinct().Count());
        Assert.Equal(queues[0].Key, Of(new() { Now = s_now, Queues = [new(queues[0].SubjectName!, 7)] })[0].Key);
    }

    [Fact]
    public void What_nobody_could_look_at_is_not_said_to_be_over()
    {
        var queue = Assert.Single(Of(new() { Now = s_now, Queues = [new("orchestrator_error", 1), new("inventory_error", null)] })).Key;
        Assert.False(AlertRules.CanJudge(new() { Now = s_now, Queues = null }, queue));
        Assert.False(AlertRules.CanJudge(new() { Now = s_now, Queues = [new("orchestrator_error", null)] }, queue));
        Assert.True(AlertRules.CanJudge(new() { Now = s_now, Queues = [new("orchestrator_error", 0)] }, queue));
        Assert.True(AlertRules.CanJudge(new() { Now = s_now, Queues = [] }, queue));

        var blind = new FleetFacts { Now = s_now, Certificates = null, Webhooks = null };
        Assert.Empty(Of(blind));
        Assert.False(AlertRules.CanJudge(blind, new("agent-certificate-ended", Guid.NewGuid())));
        Assert.False(AlertRules.CanJudge(blind, new("webhook-dead-letters", Guid.NewGuid())));
        Assert.True(AlertRules.CanJudge(blind, new("vm-missing", s_vm.Id.Value)));
        Assert.True(AlertRules.CanJudge(new() { Now = s_now }, new("webhook-dead-letters", Guid.NewGuid())));
    }

    [Fact]
    public void Failures_on_one_host_count_from_three_on()
    {
        Assert.Empty(Of(new() { Now = s_now, Failures = [new(s_host.Id, "alpha", 2, "disk full")] }));
        Assert.Contains("disk full", Assert.Single(Of(new() { Now = s_now, Failures = [new(s_host.Id, "alpha", 3, "disk full")] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_operation_in_doubt_says_what_is_not_known()
    {
        var found = Assert.Single(Of(new() { Now = s_now, Doubts = [new(OperationId.New(), "MigrateVm", s_vm.Id, "web", s_now, "whether beta runs it")] }));
        Assert.Equal((AlertSubjectKind.Operation, s_vm.Id), (found.SubjectKind, found.Vm));
        Assert.Contains("whether beta runs it", found.Message, StringComparison.Ordinal);
    }

    static IReadOnlyList<Finding> Of(FleetFacts facts, params AlertKey[] open) => AlertRules.Evaluate(facts, open.ToHashSet());
}
