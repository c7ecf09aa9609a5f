using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Orchestrator.Evacuations;

namespace HvPlatform.UnitTests.Orchestrator;

/// <summary>A fleet in memory that does what an evacuation's effects ask for; its moves end only when the test says how.</summary>
internal sealed class EvacuationFleet
{
    public static readonly HostId Source = new(Guid.Parse("aaaaaaaa-0000-0000-0000-000000000001"));
    readonly Dictionary<OperationId, MoveState> moves = [];

    public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public EvacuationTimings Timings { get; init; } = new();

    public EvacuationSettings Settings { get; init; } = new();

    public Dictionary<HostId, FleetHost> Hosts { get; } = [];

    public Dictionary<VmId, FleetVm> Vms { get; } = [];

    /// <summary>Why moves to these hosts are refused.</summary>
    public Dictionary<HostId, ErrorInfo> Refuse { get; } = [];

    public Evacuation State { get; private set; } = null!;

    /// <summary>Everything asked for so far.</summary>
    public List<EvacuationEffect> Effects { get; } = [];

    public int Inbound { get; set; }

    /// <summary>Moves of other evacuations.</summary>
    public int OtherMoves { get; set; }

    public IEnumerable<StartMove> Moves => Effects.OfType<StartMove>();

    public static Trail Trail { get; } = new() { RequestedBy = "test", RequestedAt = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) };

    public EvacuationFleet()
    {
        Host("alpha", 64_000, Source);
    }

    public static ErrorInfo Error(string code) => new() { Kind = ErrorKind.Transient, Code = code, Message = $"It is {code}." };

    public FleetHost Host(string name, long freeMiB, HostId? id = null, HypervisorKind kind = HypervisorKind.Simulated, string status = "Online", bool maintenance = false, string[]? facets = null)
    {
        var host = new FleetHost { Id = id ?? Id(name), Name = name, Kind = kind, FreeMiB = freeMiB, Facets = facets ?? ["migration", "migration-cold"], Status = status, InMaintenance = maintenance };
        return Hosts[host.Id] = host;
    }

    public FleetVm Vm(string name, long memoryMiB = 1024, VmState state = VmState.Running)
    {
        var vm = new FleetVm { Id = new(Id(name).Value), Name = name, HostId = Source, State = state, MemoryMiB = memoryMiB, ObservedAt = Now };
        return Vms[vm.Id] = vm;
    }

    public static HostId Id(string name) => new(new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)).AsSpan(0, 16)));

    public EvacuationFleet Begin()
    {
        Take(EvacuationDecisions.Begin(new(Guid.Parse("eeeeeeee-0000-0000-0000-000000000001")), Hosts[Source], [.. Vms.Values], Settings, Trail, Now, Timings));
        return Look();
    }

    /// <summary>The timer, some time later.</summary>
    public EvacuationFleet Look(double seconds = 0)
    {
        Now = Now.AddSeconds(seconds);
        Take(EvacuationDecisions.Decide(State, new FleetSeen(Facts()), Now, Timings));
        return this;
    }

    public EvacuationFleet Pause() => Take(EvacuationDecisions.Pause(State, Trail, Now, Timings));

    public EvacuationFleet Resume() => Take(EvacuationDecisions.Resume(State, Trail, Now, Timings));

    public EvacuationFleet Cancel(bool moves = false) => Take(EvacuationDecisions.Cancel(State, moves, Trail, Now, Timings));

    /// <summary>Every move on its way ends so.</summary>
    public EvacuationFleet EndMoves(OperationStatus status, ErrorInfo? error = null)
    {
        foreach (var (id, move) in moves.Where(m => m.Value.FinishedAt is null).ToList())
        {
            EndMove(id, status, error);
        }

        return this;
    }

    public void EndMove(OperationId id, OperationStatus status, ErrorInfo? error = null)
    {
        moves[id] = new MoveState(status, Now, error);
        var start = Moves.Last(m => m.OperationId == id);
        Vms[start.VmId] = Vms[start.VmId] with { BusyWith = null, HostId = status == OperationStatus.Succeeded ? start.DestinationHostId : Vms[start.VmId].HostId, ObservedAt = Now };
    }

    public void SetMove(OperationId id, OperationStatus status) => moves[id] = new MoveState(status, null, null);

    public EvacuationVm Of(FleetVm vm) => State.Vms.Single(v => v.VmId == vm.Id);

    FleetFacts Facts() => new()
    {
        Source = Hosts[Source],
        Hosts = [.. Hosts.Values.Where(h => h.Id != Source).Select(h => h with
        {
            FreeMiB = h.FreeMiB - Vms.Values.Where(v => v.HostId == h.Id).Sum(EvacuationPlan.NeedMiB)
                - Moves.Where(m => moves[m.OperationId].FinishedAt is null && m.DestinationHostId == h.Id).Sum(m => EvacuationPlan.NeedMiB(Vms[m.VmId])),
        })],
        Vms = [.. Vms.Values],
        Moves = moves,
        FleetMoves = OtherMoves + moves.Count(m => m.Value.FinishedAt is null),
        Inbound = Inbound,
    };

    EvacuationFleet Take(EvacuationDecision decision)
    {
        State = decision.State;
        Effects.AddRange(decision.Effects);
        foreach (var start in decision.Effects.OfType<StartMove>())
        {
            if (Refuse.TryGetValue(start.DestinationHostId, out var error))
            {
                moves[start.OperationId] = new MoveState(OperationStatus.Failed, Now, error);
                Take(EvacuationDecisions.Decide(State, new MoveRefused(start.VmId, start.OperationId, error), Now, Timings));
                moves.Remove(start.OperationId);
                Effects.Remove(start);
            }
            else
            {
                moves.Add(start.OperationId, new MoveState(OperationStatus.Running, null, null));
                Vms[start.VmId] = Vms[start.VmId] with { BusyWith = start.OperationId };
            }
        }

        return this;
    }
}
