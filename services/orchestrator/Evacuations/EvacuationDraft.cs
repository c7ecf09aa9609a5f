using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>A decision in the making.</summary>
internal sealed class EvacuationDraft(Evacuation state, DateTimeOffset now, EvacuationTimings timings)
{
    readonly List<EvacuationEffect> effects = [];
    readonly List<EvacuationVm> vms = [.. state.Vms];
    readonly Dictionary<VmId, int> index = state.Vms.Select((v, i) => (v.VmId, i)).ToDictionary(p => p.VmId, p => p.i);

    public Evacuation State { get; set; } = state;

    public DateTimeOffset Now { get; } = now;

    public EvacuationTimings Timings { get; } = timings;

    public IReadOnlyList<EvacuationVm> Vms => vms;

    public int Moving => vms.Count(v => v.Status == EvacuationVmStatus.Moving);

    public EvacuationVm? Find(VmId vm) => index.TryGetValue(vm, out var i) ? vms[i] : null;

    /// <summary>Puts a VM's new state in; the end of a VM is told.</summary>
    public void Set(EvacuationVm vm)
    {
        var before = Find(vm.VmId);
        if (before is null)
        {
            index[vm.VmId] = vms.Count;
            vms.Add(vm);
        }
        else
        {
            vms[index[vm.VmId]] = vm;
        }

        if (!vm.IsOpen && (before is null || before.Status != vm.Status))
        {
            Tell(new EvacuationVmEnded { EvacuationId = State.Id, HostId = State.HostId, Result = Result(vm), At = Now });
        }
    }

    public void End(EvacuationVm vm, EvacuationVmStatus status, ErrorInfo? error = null, DateTimeOffset? at = null) =>
        Set(vm with { Status = status, NotBefore = null, EndedAt = at ?? Now, Error = error ?? (status == EvacuationVmStatus.Failed ? vm.Error : null) });

    public void Do(EvacuationEffect effect) => effects.Add(effect);

    public void Tell(object message) => effects.Add(new Tell(message));

    public EvacuationDecision Done() => new(State with { Vms = vms, UpdatedAt = Now }, effects);

    public EvacuationVmResult Result(EvacuationVm vm) => new()
    {
        VmId = vm.VmId,
        VmName = vm.Name,
        Status = vm.Status,
        FromHostId = State.HostId,
        ToHostId = vm.DestinationHostId,
        Attempts = vm.Attempts,
        OperationId = vm.OperationId,
        Error = vm.Error,
        DurationMs = vm is { StartedAt: { } from, EndedAt: { } to } ? (long)Math.Max(0, (to - from).TotalMilliseconds) : null,
    };
}
