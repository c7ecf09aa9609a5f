using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Inventory.Vms;

namespace HvPlatform.UnitTests.Inventory;

/// <summary>Messages and VMs for the rules' tests; time moves one second per message.</summary>
internal sealed class Fleet
{
    public static readonly HostId A = new(Guid.Parse("aaaaaaaa-0000-0000-0000-000000000001"));
    public static readonly HostId B = new(Guid.Parse("bbbbbbbb-0000-0000-0000-000000000002"));
    public static readonly VmId Id = new(Guid.Parse("11111111-0000-0000-0000-000000000001"));
    public static readonly OperationId Operation = new(Guid.Parse("99999999-0000-0000-0000-000000000001"));

    public DateTimeOffset Now { get; private set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public VmRecord? Vm { get; private set; }

    /// <summary>The events of the last step, by type name.</summary>
    public string Last { get; private set; } = "";

    /// <summary>All events so far.</summary>
    public List<object> Events { get; } = [];

    public static VmInfo Info(VmState state = VmState.Running, string name = "web-1") => new()
    {
        Id = Id,
        Name = name,
        State = state,
        Vcpus = 2,
        MemoryMiB = 1024,
        Disks = [new VmDisk { Target = "vda", Source = "/images/web-1.qcow2", AllocatedBytes = 1 }],
        Nics = [new VmNic { MacAddress = "52:54:00:00:00:01" }],
    };

    public Fleet Observed(HostId host, long generation, VmState state = VmState.Running, string? cause = null, long hostGeneration = 0, VmInfo? info = null) =>
        Step(now => VmRules.Observe(
            Vm, new VmObserved { HostId = host, Vm = info ?? Info(state), Generation = generation, ObservedAt = now, Cause = cause }, hostGeneration, null, now));

    public Fleet Gone(HostId host, long generation, string? cause = "lifecycle:undefined/removed") =>
        Step(now => VmRules.Gone(Vm, new VmGone { HostId = host, VmId = Id, Generation = generation, ObservedAt = now, Cause = cause }, now));

    public Fleet Absent(HostId host, long generation) => Step(now => VmRules.Absent(Vm!, host, generation, now, now));

    public Fleet Deleted(HostId host) => Step(now => VmOperationRules.Succeeded(
        Vm!, new OperationSucceeded { OperationId = Operation, Kind = OperationKind.DeleteVm, VmId = Id, HostId = host, At = now }, now));

    public Fleet MigrationStarted(HostId from, HostId to) => Step(now => VmOperationRules.MigrationStarted(Vm!, new MigrationStarted
    {
        OperationId = Operation,
        VmId = Id,
        SourceHostId = from,
        DestinationHostId = to,
        Epoch = 1,
        Policy = new(),
        Trail = Trail(),
        At = now,
    }, now));

    public Fleet MigrationCompleted(HostId from, HostId to) => Step(now => VmOperationRules.Completed(Vm!, new MigrationCompleted
    {
        OperationId = Operation,
        VmId = Id,
        SourceHostId = from,
        DestinationHostId = to,
        At = now,
        TotalMs = 1000,
        Phases = [],
    }, now));

    public Fleet MigrationRolledBack(HostId from, HostId to) => Step(now => VmOperationRules.RolledBack(Vm!, new MigrationRolledBack
    {
        OperationId = Operation,
        VmId = Id,
        SourceHostId = from,
        DestinationHostId = to,
        At = now,
        TotalMs = 1000,
        Phases = [],
        Cancelled = true,
    }, now));

    public Fleet GraceElapsed(TimeSpan grace) => Step(now => VmRules.GraceElapsed(Vm!, grace, now));

    /// <summary>A complete report of the host came in that did not have to change the VM's rows.</summary>
    public Fleet HostReported(HostId host, long generation, bool withVms = true)
    {
        Now = Now.AddSeconds(1);
        Vm = Vm! with
        {
            Placements =
            [
                .. Vm.Placements.Select(p => p.HostId == host
                    ? p with { HostGeneration = generation, HostObservedAt = Now, HostEvidenceAt = withVms ? Now : p.HostEvidenceAt }
                    : p),
            ],
        };
        return this;
    }

    public Fleet Wait(TimeSpan time)
    {
        Now += time;
        return this;
    }

    public static Trail Trail() => new() { RequestedBy = "alice", Reason = "maintenance", RequestedAt = DateTimeOffset.UnixEpoch };

    public static HostReported Report(long generation, HostReportOutcome outcome, params VmInfo[] vms) =>
        new() { HostId = A, Outcome = outcome, Vms = vms, Generation = generation, ObservedAt = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) };

    Fleet Step(Func<DateTimeOffset, VmChange> rule)
    {
        Now = Now.AddSeconds(1);
        var change = rule(Now);
        Vm = change.After;
        Last = string.Join(' ', change.Events.Select(e => e.GetType().Name));
        Events.AddRange(change.Events);
        return this;
    }
}
