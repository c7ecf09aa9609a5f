using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Vms;
using HvPlatform.Inventory.Hosts;
using HvPlatform.Inventory.Vms;
using Xunit;

namespace HvPlatform.UnitTests.Inventory;

public sealed class ReportRulesTests
{
    static readonly VmId s_one = new(Guid.Parse("11111111-0000-0000-0000-000000000001"));
    static readonly VmId s_two = new(Guid.Parse("22222222-0000-0000-0000-000000000002"));
    readonly Dictionary<VmId, VmRecord> known = [];
    HostContact? contact;
    DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(HostReportOutcome.Failed)]
    [InlineData(HostReportOutcome.Partial)]
    [InlineData(HostReportOutcome.Unknown)]
    public void A_report_that_is_not_complete_makes_nothing_missing(HostReportOutcome outcome)
    {
        Reported(10, HostReportOutcome.Complete, Info(s_one), Info(s_two));
        Assert.Equal("", Reported(11, outcome));
    }

    [Fact]
    public void Of_a_failed_report_not_even_the_list_is_believed()
    {
        Reported(10, HostReportOutcome.Complete, Info(s_one));
        Assert.Equal("", Reported(11, HostReportOutcome.Failed, Info(s_one, VmState.Off), Info(s_two)));
    }

    [Fact]
    public void Of_a_partial_report_what_it_lists_is_believed()
    {
        Reported(10, HostReportOutcome.Complete, Info(s_one), Info(s_two));
        Assert.Equal("VmStateChanged", Reported(11, HostReportOutcome.Partial, Info(s_one, VmState.Off)));
    }

    [Fact]
    public void A_partial_report_keeps_the_generation_of_each_VM_it_lists()
    {
        Reported(10, HostReportOutcome.Complete, Info(s_one));
        Reported(20, HostReportOutcome.Partial, Info(s_one));
        Assert.Equal(20, known[s_one].On(Fleet.A)!.Generation);
    }

    [Fact]
    public void A_complete_report_marks_what_it_lacks_and_returns_what_it_shows_again()
    {
        Reported(10, HostReportOutcome.Complete, Info(s_one), Info(s_two));
        Assert.Equal("VmMarkedMissing", Reported(11, HostReportOutcome.Complete, Info(s_two)));
        Assert.Equal("", Reported(12, HostReportOutcome.Complete, Info(s_two)));
        Assert.Equal("VmReturned", Reported(13, HostReportOutcome.Complete, Info(s_one), Info(s_two)));
    }

    [Fact]
    public void An_unchanged_complete_report_writes_no_VM()
    {
        Reported(10, HostReportOutcome.Complete, Info(s_one), Info(s_two));
        Assert.Equal("", Reported(11, HostReportOutcome.Complete, Info(s_one), Info(s_two)));
        Assert.Equal(10, known[s_one].On(Fleet.A)!.Generation);
    }

    [Fact]
    public void A_VM_listed_twice_counts_once() => Assert.Equal("VmDiscovered", Reported(10, HostReportOutcome.Complete, Info(s_one), Info(s_one, VmState.Off)));

    [Fact]
    public void An_older_report_is_no_report()
    {
        Reported(10, HostReportOutcome.Complete, Info(s_one));
        Assert.Null(ReportRules.Reconcile(null, contact, known, new Dictionary<VmId, OpenOperation>(), Fleet.Report(9, HostReportOutcome.Complete), now));
    }

    [Fact]
    public void A_VM_made_by_an_operation_says_so()
    {
        var definedBy = new Dictionary<VmId, OpenOperation> { [s_one] = new(Fleet.Operation, Fleet.Trail()) };
        var result = ReportRules.Reconcile(null, null, known, definedBy, Fleet.Report(10, HostReportOutcome.Complete, Info(s_one)), now)!;
        var e = Assert.IsType<VmDiscovered>(result.Vms[0].Events[0]);
        Assert.Equal((Fleet.Operation, "alice"), (e.OperationId, e.Trail?.RequestedBy));
    }

    static VmInfo Info(VmId id, VmState state = VmState.Running) => Fleet.Info(state) with { Id = id };

    string Reported(long generation, HostReportOutcome outcome, params VmInfo[] vms)
    {
        now = now.AddSeconds(1);
        var result = ReportRules.Reconcile(null, contact, known, new Dictionary<VmId, OpenOperation>(), Fleet.Report(generation, outcome, vms), now)!;
        contact = result.Host.Contact;
        foreach (var change in result.Vms)
        {
            known[change.After!.Id] = change.After;
        }

        foreach (var (id, vm) in known)
        {
            known[id] = vm with { Placements = [.. vm.Placements.Select(p => p with { HostGeneration = contact.Generation, HostObservedAt = contact.ObservedAt })] };
        }

        return string.Join(' ', result.Vms.SelectMany(v => v.Events).Select(e => e.GetType().Name));
    }
}
