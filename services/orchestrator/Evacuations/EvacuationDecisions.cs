using System.Globalization;
using System.Security.Cryptography;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>
/// What an evacuation does next: <c>(state, message, now) → (state, effects)</c>, with no clock, no bus and no database.
/// <para>
/// The theory. (1) Every decision looks at the whole fleet as it is and does what is left to do, so that a message lost, late or repeated costs time only.
/// (2) A move is an ordinary migration: locks, epochs and limits hold, and only its own terminal state says how it ended; in doubt is still on its way.
/// (3) It always ends: attempts are counted, nothing begins after the deadline, and what is still on its way a grace later is left to itself and said so.
/// Only a person's pause stops that clock.
/// </para>
/// </summary>
internal static class EvacuationDecisions
{
    /// <summary>The first decision. Its moves begin with the first look at the fleet, which is due at once.</summary>
    public static EvacuationDecision Begin(
        EvacuationId id, FleetHost host, IReadOnlyList<FleetVm> vms, EvacuationSettings settings, Trail trail, DateTimeOffset now, EvacuationTimings timings)
    {
        var d = new EvacuationDraft(
            new Evacuation
            {
                Id = id,
                HostId = host.Id,
                HostName = host.Name,
                Status = EvacuationStatus.Running,
                Settings = settings,
                Trail = trail,
                DeadlineAt = now.AddSeconds(settings.TimeoutSeconds),
                UpdatedAt = now,
            },
            now,
            timings);
        foreach (var vm in vms)
        {
            d.Set(new EvacuationVm { VmId = vm.Id, Name = vm.Name, MemoryMiB = vm.MemoryMiB });
        }

        d.Tell(new EvacuationStarted { EvacuationId = id, HostId = host.Id, Settings = settings, VmCount = vms.Count, Trail = trail, At = now });
        d.Do(new LookAgain(now));
        return d.Done();
    }

    /// <summary>No move is started until <see cref="Resume"/>; nothing if it is not running.</summary>
    public static EvacuationDecision Pause(Evacuation state, Trail trail, DateTimeOffset now, EvacuationTimings timings)
    {
        var d = new EvacuationDraft(state, now, timings);
        if (state.Status == EvacuationStatus.Running)
        {
            d.State = state with { Status = EvacuationStatus.Paused, PausedAt = now, Blocked = null };
            d.Tell(new EvacuationPaused { EvacuationId = state.Id, HostId = state.HostId, Trail = trail, At = now });
        }

        return d.Done();
    }

    /// <summary>Goes on; the deadline moves by the time paused.</summary>
    public static EvacuationDecision Resume(Evacuation state, Trail trail, DateTimeOffset now, EvacuationTimings timings)
    {
        var d = new EvacuationDraft(state, now, timings);
        if (state is { Status: EvacuationStatus.Paused, PausedAt: { } since })
        {
            d.State = state with { Status = EvacuationStatus.Running, PausedAt = null, DeadlineAt = state.DeadlineAt + (now - since) };
            d.Tell(new EvacuationResumed { EvacuationId = state.Id, HostId = state.HostId, Trail = trail, At = now });
            d.Do(new LookAgain(now));
        }

        return d.Done();
    }

    /// <summary>Ends it as soon as the moves on their way have ended. A second cancel can add that these are cancelled too.</summary>
    public static EvacuationDecision Cancel(Evacuation state, bool cancelMoves, Trail trail, DateTimeOffset now, EvacuationTimings timings)
    {
        var d = new EvacuationDraft(state, now, timings);
        if (state.IsOver)
        {
            return d.Done();
        }

        d.State = state with
        {
            Status = EvacuationStatus.Cancelling,
            PausedAt = null,
            Blocked = null,
            CancelMoves = state.CancelMoves || cancelMoves,
            DeadlineAt = state.DeadlineAt < now ? state.DeadlineAt : now,
        };
        if (cancelMoves && !state.CancelMoves)
        {
            foreach (var vm in d.Vms.Where(v => v.Status == EvacuationVmStatus.Moving))
            {
                d.Do(new CancelMove(vm.OperationId!.Value));
            }
        }

        // A repeat adds nothing to the history.
        if (state.Status != EvacuationStatus.Cancelling || d.State.CancelMoves != state.CancelMoves)
        {
            d.Tell(new EvacuationCancelling { EvacuationId = state.Id, HostId = state.HostId, CancelMoves = d.State.CancelMoves, Trail = trail, At = now });
        }

        d.Do(new LookAgain(now));
        return d.Done();
    }

    /// <summary>Every other decision.</summary>
    public static EvacuationDecision Decide(Evacuation state, object message, DateTimeOffset now, EvacuationTimings timings)
    {
        var d = new EvacuationDraft(state, now, timings);
        if (state.IsOver)
        {
            return d.Done();
        }

        switch (message)
        {
            case FleetSeen m:
                Follow(d, m.Facts);
                Add(d, m.Facts);
                GiveUp(d, m.Facts);
                Start(d, m.Facts);
                EndOrLookAgain(d, m.Facts);
                break;
            case MoveRefused m:
                OnRefused(d, m);
                break;
            default:
                throw new ArgumentException($"{message.GetType().Name} is no input of an evacuation.", nameof(message));
        }

        return d.Done();
    }

    /// <summary>The id of a VM's attempt: the same attempt asked for twice is one operation.</summary>
    public static OperationId OperationOf(EvacuationId evacuation, VmId vm, int attempt)
    {
        var hash = SHA256.HashData([.. evacuation.Value.ToByteArray(bigEndian: true), .. vm.Value.ToByteArray(bigEndian: true), .. BitConverter.GetBytes(attempt)]);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80); // RFC 9562: version 8, of one's own making
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new OperationId(new Guid(hash.AsSpan(0, 16), bigEndian: true));
    }

    /// <summary>Notes how moves ended, and which VMs left or came back.</summary>
    static void Follow(EvacuationDraft d, FleetFacts facts)
    {
        var known = facts.Vms.ToDictionary(v => v.Id);
        foreach (var vm in d.Vms.ToList())
        {
            var seen = known.GetValueOrDefault(vm.VmId);
            var away = seen is null || seen.Deleted || seen.HostId != d.State.HostId;
            switch (vm.Status)
            {
                case EvacuationVmStatus.Moving:
                    OnMove(d, vm, facts.Moves.GetValueOrDefault(vm.OperationId!.Value));
                    break;
                case EvacuationVmStatus.Waiting or EvacuationVmStatus.Failed when away && seen?.BusyWith is null:
                    d.End(vm with { DestinationHostId = seen is { Deleted: false } ? seen.HostId : null }, EvacuationVmStatus.Gone);
                    break;
                case EvacuationVmStatus.Moved or EvacuationVmStatus.Gone when !away && seen!.ObservedAt > vm.EndedAt + d.Timings.SettleTime:
                    d.Set(vm with { Status = EvacuationVmStatus.Waiting, EndedAt = null, Error = null });
                    break;
            }
        }
    }

    static void OnMove(EvacuationDraft d, EvacuationVm vm, MoveState? move)
    {
        switch (move)
        {
            case { Status: OperationStatus.Succeeded }:
                d.End(vm, EvacuationVmStatus.Moved, at: move.FinishedAt);
                break;
            case { FinishedAt: not null }:
                FailAttempt(d, vm, move.Error ?? new ErrorInfo
                {
                    Kind = ErrorKind.Cancelled,
                    Code = "move-cancelled",
                    Message = $"Migration {vm.OperationId} of VM '{vm.Name}' was cancelled.",
                });
                break;
        }
    }

    static void FailAttempt(EvacuationDraft d, EvacuationVm vm, ErrorInfo error)
    {
        var tried = vm.DestinationHostId is { } destination && !vm.Tried.Contains(destination) ? [.. vm.Tried, destination] : vm.Tried;
        var failed = vm with { Tried = tried, Error = error };
        if (vm.Attempts >= d.State.Settings.MaxAttempts)
        {
            d.End(failed, EvacuationVmStatus.Failed);
        }
        else
        {
            d.Set(failed with { Status = EvacuationVmStatus.Waiting, NotBefore = d.Now + d.Timings.DelayAfter(vm.Attempts) });
        }
    }

    /// <summary>VMs that have appeared on the host meanwhile.</summary>
    static void Add(EvacuationDraft d, FleetFacts facts)
    {
        foreach (var vm in facts.Vms.Where(v => v.HostId == d.State.HostId && !v.Deleted && d.Find(v.Id) is null))
        {
            d.Set(new EvacuationVm { VmId = vm.Id, Name = vm.Name, MemoryMiB = vm.MemoryMiB });
        }
    }

    /// <summary>What is not tried any more: after a cancel, and after the deadline.</summary>
    static void GiveUp(EvacuationDraft d, FleetFacts facts)
    {
        var cancelling = d.State.Status == EvacuationStatus.Cancelling;
        if (d.State.Status == EvacuationStatus.Paused || (!cancelling && d.Now < d.State.DeadlineAt))
        {
            return;
        }

        foreach (var vm in d.Vms.Where(v => v.Status == EvacuationVmStatus.Waiting).ToList())
        {
            var holder = facts.Vms.FirstOrDefault(v => v.Id == vm.VmId)?.BusyWith;
            d.End(vm, cancelling ? EvacuationVmStatus.NotMoved : EvacuationVmStatus.Failed, cancelling ? vm.Error : TimedOut(d.State, vm, holder));
        }

        if (d.Now >= d.State.DeadlineAt + d.Timings.Grace)
        {
            foreach (var vm in d.Vms.Where(v => v.Status == EvacuationVmStatus.Moving).ToList())
            {
                d.End(vm, EvacuationVmStatus.Failed, LeftMoving(vm));
            }
        }
    }

    /// <summary>Begins as many moves as the limits allow.</summary>
    static void Start(EvacuationDraft d, FleetFacts facts)
    {
        d.State = d.State with { Blocked = null };
        var waiting = d.Vms.Where(v => v.Status == EvacuationVmStatus.Waiting).ToDictionary(v => v.VmId);
        if (d.State.Status != EvacuationStatus.Running || waiting.Count == 0)
        {
            return;
        }

        if (facts.Source.Status != "Online")
        {
            d.State = d.State with { Blocked = SourceDown(facts.Source) };
            return;
        }

        // All that wait are placed, so that those in back-off keep a place; only those whose time has come begin.
        var plan = EvacuationPlan.Make(facts.Source, facts.Hosts, [.. facts.Vms.Where(v => waiting.ContainsKey(v.Id))], d.State.Settings, vm => waiting[vm].Tried);
        bool Due(FleetVm vm) => vm.BusyWith is null && (waiting[vm.Id].NotBefore is not { } notBefore || notBefore <= d.Now);
        foreach (var (vm, error) in plan.CannotMove.Where(c => Due(c.Vm)))
        {
            // No move was tried, but a look was; without counting it this could go on for ever.
            var counted = waiting[vm.Id] with { Attempts = waiting[vm.Id].Attempts + 1, DestinationHostId = null };
            FailAttempt(d, counted, error);
        }

        var room = Math.Min(d.State.Settings.MaxConcurrent - d.Moving, d.Timings.MaxFleetMoves - facts.FleetMoves);
        foreach (var move in plan.Moves.Where(m => Due(m.Vm)).Take(Math.Max(0, room)))
        {
            var vm = waiting[move.Vm.Id];
            var started = vm with
            {
                Status = EvacuationVmStatus.Moving,
                Attempts = vm.Attempts + 1,
                OperationId = OperationOf(d.State.Id, vm.VmId, vm.Attempts + 1),
                DestinationHostId = move.Destination.Id,
                NotBefore = null,
                StartedAt = vm.StartedAt ?? d.Now,
            };
            d.Set(started);
            d.Do(new StartMove(vm.VmId, started.OperationId.Value, move.Destination.Id, d.State.Settings.Policy));
        }
    }

    /// <summary>A VM held by another operation waits and loses no attempt; any other refusal is a failed attempt.</summary>
    static void OnRefused(EvacuationDraft d, MoveRefused m)
    {
        if (d.Find(m.VmId) is not { Status: EvacuationVmStatus.Moving } vm || vm.OperationId != m.OperationId)
        {
            return;
        }

        var refused = vm with { OperationId = null };
        if (m.Error.Code is "vm-busy" or "vm-migrating")
        {
            d.Set(refused with { Status = EvacuationVmStatus.Waiting, Attempts = vm.Attempts - 1, NotBefore = d.Now + d.Timings.Interval });
        }
        else
        {
            FailAttempt(d, refused, m.Error);
        }
    }

    static void EndOrLookAgain(EvacuationDraft d, FleetFacts facts)
    {
        var unresolved = d.Vms.Any(v => v.IsOpen) || (facts.Inbound > 0 && d.State.Status != EvacuationStatus.Cancelling && d.Now < d.State.DeadlineAt);
        if (unresolved)
        {
            var next = d.Now + d.Timings.Interval;
            var due = d.Vms.Where(v => v.Status == EvacuationVmStatus.Waiting && v.NotBefore > d.Now).Select(v => v.NotBefore!.Value).DefaultIfEmpty(next).Min();
            d.Do(new LookAgain(due < next ? due : next));
            return;
        }

        var status = d.State.Status == EvacuationStatus.Cancelling ? EvacuationStatus.Cancelled
            : d.Vms.Any(v => v.Status == EvacuationVmStatus.Failed) ? EvacuationStatus.CompletedWithFailures : EvacuationStatus.Completed;
        d.State = d.State with { Status = status, EndedAt = d.Now, PausedAt = null, Blocked = null };
        d.Tell(new EvacuationEnded
        {
            EvacuationId = d.State.Id,
            HostId = d.State.HostId,
            Status = status,
            Vms = [.. d.Vms.Select(d.Result)],
            TotalMs = (long)Math.Max(0, (d.Now - d.State.Trail.RequestedAt).TotalMilliseconds),
            Trail = d.State.Trail,
            At = d.Now,
        });
        d.Do(new LookAgain(null));
    }

    static ErrorInfo TimedOut(Evacuation state, EvacuationVm vm, OperationId? holder) => new()
    {
        Kind = ErrorKind.Timeout,
        Code = "evacuation-timeout",
        Message = string.Create(CultureInfo.InvariantCulture, $"VM '{vm.Name}' was not moved within the {state.Settings.TimeoutSeconds} s of the evacuation{(holder is null ? "" : $": operation {holder} holds it")}."),
        Where = state.HostName,
        Advice = holder is { } by
            ? $"Look at {Urls.Operation(by)}: cancel it, or resolve it if it is a migration in doubt; then start another evacuation."
            : "Start another evacuation, with more time or more moves at once.",
        Cause = vm.Error ?? state.Blocked,
    };

    static ErrorInfo LeftMoving(EvacuationVm vm) => new()
    {
        Kind = ErrorKind.Timeout,
        Code = "move-unresolved",
        Message = $"Migration {vm.OperationId} of VM '{vm.Name}' has not ended; the evacuation does not wait for it any longer.",
        Advice = vm.OperationId is { } move ? $"It goes on by itself: look at {Urls.Migration(move)}, and resolve it if it is in doubt." : null,
    };

    static ErrorInfo SourceDown(FleetHost source) => new()
    {
        Kind = ErrorKind.Transient,
        Code = "host-agent-down",
        Message = $"No move can start: host '{source.Name}' ({source.Id}) is not online ({source.Status}).",
        Where = source.Name,
        Advice = "Start its agent or its hypervisor; the evacuation goes on by itself.",
    };
}
