using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Inventory.Hosts;
using HvPlatform.Inventory.Operations;
using HvPlatform.Inventory.Vms;
using HvPlatform.Simulation.Worlds;
using MassTransit;

namespace HvPlatform.Simulation.Services;

/// <summary>The inventory: the product's rules and folds over rows in memory, its history beside them.</summary>
sealed class InventoryService(World world) : SimService(world, "inventory", Queues.Inventory, s_inputs)
{
    static readonly TimeSpan s_sweep = TimeSpan.FromSeconds(5);
    static readonly TimeSpan s_grace = TimeSpan.FromMinutes(10);

    static readonly Type[] s_inputs =
    [
        .. new[] { typeof(RecordHost), typeof(RecordReport), typeof(RecordVm), typeof(RecordOperation) }
            .SelectMany(c => c.GetInterfaces()).Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IConsumer<>)).Select(i => i.GetGenericArguments()[0]).Distinct(),
    ];

    readonly Dictionary<VmId, VmRecord> _vms = [];
    readonly Dictionary<HostId, HostRecord> _hosts = [];
    readonly Dictionary<HostId, HostContact> _contacts = [];
    readonly Dictionary<OperationId, OperationRecord> _operations = [];
    DateTimeOffset _bootedAt;

    public IReadOnlyDictionary<VmId, VmRecord> Vms => _vms;

    public IReadOnlyDictionary<HostId, HostRecord> Hosts => _hosts;

    public IReadOnlyDictionary<HostId, HostContact> Contacts => _contacts;

    public IReadOnlyDictionary<OperationId, OperationRecord> Operations => _operations;

    /// <summary>The volatile column: where each transfer stands.</summary>
    public Dictionary<OperationId, MigrationProgressed> Progress { get; } = [];

    /// <summary>The history, in commit order.</summary>
    public List<(Guid Stream, string Type, object Event, DateTimeOffset At)> History { get; } = [];

    protected override void Booted()
    {
        _bootedAt = Now;
        Sweep();
    }

    protected override void Handle(object message, StoreTx tx)
    {
        switch (message)
        {
            case HostRegistered m:
                Save(tx, HostRules.Registered(Host(m.HostId), Contact(m.HostId), KnownGeneration(m.HostId), m, Now));
                break;
            case HostHeartbeat m:
                Save(tx, HostRules.Heartbeat(Host(m.HostId), Contact(m.HostId), m, Now));
                break;
            case HostAgentStopping m:
                Save(tx, HostRules.Stopping(Host(m.HostId), Contact(m.HostId), m, Now));
                break;
            case HostReported m:
                Report(tx, m);
                break;
            case VmObserved m:
                Save(tx, null, [VmRules.Observe(Vm(m.Vm.Id), m, Contact(m.HostId)?.Generation ?? 0, DefinedBy([m.Vm.Id]).GetValueOrDefault(m.Vm.Id), Now)]);
                break;
            case VmGone m:
                Save(tx, null, [VmRules.Gone(Vm(m.VmId), m, Now)]);
                break;
            case MigrationProgressed m:
                tx.Writes.Add(() => SaveProgress(m));
                break;
            case CancelRejected m:
                Save(tx, null, [], OperationRules.CancelRefused(_operations.GetValueOrDefault(m.OperationId), m, Now));
                break;
            case MigrationResolveRejected m:
                Save(tx, null, [], OperationRules.ResolveRefused(_operations.GetValueOrDefault(m.OperationId), m, Now));
                break;
            case HostCommandRefused m:
                if (Vm(m.VmId) is { } fenced)
                {
                    World.Reach("command refused for its old epoch");
                    Save(tx, null, [VmOperationRules.Fenced(fenced, m, Now)]);
                }

                break;
            default:
                Record(tx, message);
                break;
        }
    }

    void Record(StoreTx tx, object message)
    {
        switch (message)
        {
            case OperationAccepted m: Course(tx, m, m.VmId, m.OperationId, OperationRules.Requested, VmOperationRules.Accepted); break;
            case OperationSucceeded m: Course(tx, m, m.VmId, m.OperationId, OperationRules.Ended, VmOperationRules.Succeeded); break;
            case OperationFailed m: Course(tx, m, m.VmId, m.OperationId, OperationRules.Ended, VmOperationRules.Failed); break;
            case CommandRejected m: Course(tx, m, m.VmId, m.OperationId, OperationRules.Refused, null); break;
            case MigrationStarted m: Course(tx, m, m.VmId, m.OperationId, OperationRules.Began, VmOperationRules.MigrationStarted); break;
            case MigrationPhaseChanged m: Course(tx, m, m.VmId, m.OperationId, OperationRules.Entered, VmOperationRules.PhaseChanged); break;
            case MigrationInDoubt m: Course(tx, m, m.VmId, m.OperationId, OperationRules.InDoubt, VmOperationRules.InDoubt); break;
            case MigrationCompleted m: Course(tx, m, m.VmId, m.OperationId, OperationRules.Ended, VmOperationRules.Completed); break;
            case MigrationRolledBack m: Course(tx, m, m.VmId, m.OperationId, OperationRules.Ended, VmOperationRules.RolledBack); break;
            case MigrationFailed m: Course(tx, m, m.VmId, m.OperationId, OperationRules.Ended, VmOperationRules.Failed); break;
            case MigrationForecasted m: Course(tx, m, m.VmId, m.OperationId, OperationRules.Forecast, null); break;
            case MigrationResolvedByOperator m: Course(tx, m, m.VmId, m.OperationId, OperationRules.Resolved, null); break;
            default: throw new Kernel.SimulationDefectException($"The inventory takes {message.GetType().Name}, and the simulation does not know what with.");
        }
    }

    void Course<T>(
        StoreTx tx, T message, VmId vm, OperationId operation, Func<OperationRecord?, T, DateTimeOffset, OperationChange> rule, Func<VmRecord, T, DateTimeOffset, VmChange>? vmRule)
    {
        var change = rule(_operations.GetValueOrDefault(operation), message, Now);
        VmChange[] vms = vmRule is not null && change is { Event: not null, Before: not { HasEnded: true } } && Vm(vm) is { } known ? [vmRule(known, message, Now)] : [];
        Save(tx, null, vms, change);
    }

    void Report(StoreTx tx, HostReported m)
    {
        var listed = m.Vms.Select(v => v.Id).ToHashSet();
        var known = _vms.Keys.Where(id => listed.Contains(id) || _vms[id].On(m.HostId) is not null).ToDictionary(id => id, id => Vm(id)!);
        if (ReportRules.Reconcile(Host(m.HostId), Contact(m.HostId), known, DefinedBy(listed), m, Now) is { } result)
        {
            Save(tx, result.Host, result.Vms);
        }
    }

    void Save(StoreTx tx, HostChange? host, IReadOnlyList<VmChange>? vms = null, OperationChange? operation = null) => tx.Writes.Add(() =>
    {
        if (host is not null)
        {
            _contacts[host.Contact.HostId] = host.Contact;
            Append(host.Contact.HostId.Value, "host", host.Events, host.At);
            if (host.Events.Count > 0 && host.After is { } row)
            {
                _hosts[row.Id] = row;
            }

            if (host.GenerationCeiling is { } ceiling)
            {
                LowerGenerations(host.Contact.HostId, ceiling);
            }
        }

        foreach (var vm in vms ?? [])
        {
            if (vm.After is { } row && (vm.Events.Count > 0 || vm.Confirmed is not null))
            {
                _vms[row.Id] = row;
                Append(row.Id.Value, "vm", vm.Events, vm.At);
            }
        }

        if (operation is { Event: { } e, After: { } after })
        {
            _operations[after.Id] = after;
            Append(after.Id.Value, "operation", [e], operation.At);
        }
    });

    void Append(Guid stream, string type, IReadOnlyList<object> events, DateTimeOffset at)
    {
        foreach (var e in events)
        {
            // Read back from JSON, as from the table: what does not survive the wire must not survive here.
            History.Add((stream, type, JsonSerializer.Deserialize(JsonSerializer.Serialize(e, e.GetType(), HvJson.Options), e.GetType(), HvJson.Options)!, at));
            World.Checks.Recorded(e);
        }
    }

    void SaveProgress(MigrationProgressed m)
    {
        if (_operations.TryGetValue(m.OperationId, out var o) && !o.HasEnded
            && (!Progress.TryGetValue(m.OperationId, out var old) || old.At <= m.At - TimeSpan.FromMilliseconds(500)))
        {
            World.Checks.Progressed(old, m);
            Progress[m.OperationId] = m;
        }
    }

    void LowerGenerations(HostId host, long ceiling)
    {
        foreach (var id in _vms.Keys.ToList())
        {
            if (_vms[id].On(host)?.Generation > ceiling)
            {
                _vms[id] = _vms[id] with { Placements = [.. _vms[id].Placements.Select(p => p.HostId == host ? p with { Generation = ceiling } : p)] };
            }
        }
    }

    void Sweep()
    {
        World.Scheduler.After(s_sweep, Process, "sweep", Sweep);
        Transact(tx =>
        {
            foreach (var id in _vms.Keys)
            {
                if (_vms[id] is { MissingSince: not null, DeletedAt: null } && VmRules.GraceElapsed(Vm(id)!, s_grace, Now) is { Events.Count: > 0 } change)
                {
                    Save(tx, null, [change]);
                }
            }

            foreach (var host in _hosts.Values.Where(h => Now - _bootedAt >= h.SilenceLimit))
            {
                if (HostRules.Silent(host, _contacts[host.Id], Now) is { Events.Count: > 0 } change)
                {
                    Save(tx, change);
                }
            }
        });
    }

    HostRecord? Host(HostId host) => _hosts.GetValueOrDefault(host);

    HostContact? Contact(HostId host) => _contacts.GetValueOrDefault(host);

    /// <summary>The VM as InventoryLoad reads it: each placement beside what its host said last.</summary>
    VmRecord? Vm(VmId id) => _vms.TryGetValue(id, out var vm)
        ? vm with
        {
            Placements =
            [
                .. vm.Placements.Select(p => _contacts.TryGetValue(p.HostId, out var c)
                    ? p with { HostGeneration = c.Generation, HostObservedAt = c.ObservedAt, HostEvidenceAt = c.EvidenceAt }
                    : p),
            ],
        }
        : null;

    /// <summary>The VM with what its hosts said last, for readers.</summary>
    public VmRecord? Find(VmId id) => Vm(id);

    long KnownGeneration(HostId host) =>
        Math.Max(_contacts.GetValueOrDefault(host)?.Generation ?? 0, _vms.Values.Select(v => v.On(host)?.Generation ?? 0).DefaultIfEmpty().Max());

    Dictionary<VmId, OpenOperation> DefinedBy(IEnumerable<VmId> vms)
    {
        var wanted = vms.ToHashSet();
        var open = new Dictionary<VmId, OpenOperation>();
        foreach (var o in _operations.Values.Where(o => o.Kind == OperationKind.DefineVm && !o.HasEnded && wanted.Contains(o.VmId)))
        {
            open[o.VmId] = new OpenOperation(o.Id, o.Trail);
        }

        return open;
    }
}
