using HvPlatform.Contracts;
using HvPlatform.Contracts.Evacuations;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Migrations;

namespace HvPlatform.Orchestrator.Evacuations;

/// <summary>The evacuation's durable timer, and what wakes it when a move has ended. Only the orchestrator sends it, to itself.</summary>
public sealed record EvacuationTimerElapsed
{
    /// <summary>The evacuation that looks again.</summary>
    public required EvacuationId EvacuationId { get; init; }
}

/// <summary>
/// Runs <see cref="EvacuationDecisions"/> in a transaction: reads what they decide by, does what they ask for, writes what they say. Every move goes through
/// <see cref="OperationAcceptor"/>, so an evacuation can do nothing that a person with the same request could not.
/// </summary>
internal sealed class EvacuationHandler(
    OperationAcceptor acceptor, OrchestratorOptions options, EvacuationTimings timings, TimeProvider clock, ILogger<EvacuationHandler> log)
{
    /// <summary>Puts the host into maintenance and begins, or says why not. Idempotent by id.</summary>
    public async Task<Outcome<Evacuation>> StartAsync(IEvacuationTx tx, EvacuateHost request, CancellationToken cancellationToken)
    {
        await tx.LockAsync(cancellationToken);
        if (await tx.FindAsync(request.EvacuationId, cancellationToken) is { } known)
        {
            return known;
        }

        if (!(await ReadFleetAsync(tx, request.HostId, request.Settings, cancellationToken)).Is(out var facts, out var refusal))
        {
            return refusal;
        }

        if (await tx.FindOpenAsync(request.HostId, cancellationToken) is { } running)
        {
            return Refusals.EvacuationRunning(facts.Source.Name, request.HostId, running);
        }

        var now = clock.GetUtcNow();
        var trail = request.Trail with { RequestedAt = now };
        await EnterAsync(tx, request.HostId, trail, request.EvacuationId, cancellationToken);
        var vms = facts.Vms.Where(v => !v.Deleted).ToList();
        Log.EvacuationStarted(log, request.EvacuationId, facts.Source.Name, request.HostId, vms.Count, trail.RequestedBy);
        return await DoAsync(tx, null, EvacuationDecisions.Begin(request.EvacuationId, facts.Source, vms, request.Settings, trail, now, timings), now, cancellationToken);
    }

    /// <summary>The fleet from the host's side, or why the request names what is not there. Changes nothing.</summary>
    public async Task<Outcome<FleetFacts>> ReadFleetAsync(IEvacuationTx tx, HostId host, EvacuationSettings settings, CancellationToken cancellationToken)
    {
        if (await tx.ReadFleetAsync(host, null, options.HeadroomMiB, cancellationToken) is not { } facts)
        {
            return Refusals.HostNotFound(host);
        }

        foreach (var destination in settings.DestinationHostIds)
        {
            if (destination == host || !facts.Hosts.Any(h => h.Id == destination))
            {
                return destination == host ? Refusals.EvacuationToItself(facts.Source.Name, host) : Refusals.UnknownHostInBody(destination, "destinationHostIds");
            }
        }

        return facts;
    }

    public Task<Outcome<Evacuation>> PauseAsync(IEvacuationTx tx, EvacuationId id, Trail trail, CancellationToken cancellationToken) => ChangeAsync(
        tx, id, "pause", [EvacuationStatus.Running, EvacuationStatus.Paused], (state, now) => EvacuationDecisions.Pause(state, trail with { RequestedAt = now }, now, timings), cancellationToken);

    public Task<Outcome<Evacuation>> ResumeAsync(IEvacuationTx tx, EvacuationId id, Trail trail, CancellationToken cancellationToken) => ChangeAsync(
        tx, id, "resume", [EvacuationStatus.Running, EvacuationStatus.Paused], (state, now) => EvacuationDecisions.Resume(state, trail with { RequestedAt = now }, now, timings), cancellationToken);

    public Task<Outcome<Evacuation>> CancelAsync(IEvacuationTx tx, EvacuationId id, bool cancelMoves, Trail trail, CancellationToken cancellationToken) => ChangeAsync(
        tx, id, "cancel", [EvacuationStatus.Running, EvacuationStatus.Paused, EvacuationStatus.Cancelling], (state, now) => EvacuationDecisions.Cancel(state, cancelMoves, trail with { RequestedAt = now }, now, timings), cancellationToken);

    /// <summary>The timer, or the end of a move: looks at the fleet and does what is left to do.</summary>
    public async Task HandleAsync(IEvacuationTx tx, EvacuationTimerElapsed message, CancellationToken cancellationToken)
    {
        await tx.LockAsync(cancellationToken);
        if (await tx.FindAsync(message.EvacuationId, cancellationToken) is not { IsOver: false } state)
        {
            return;
        }

        var now = clock.GetUtcNow();
        if (await tx.ReadFleetAsync(state.HostId, state, options.HeadroomMiB, cancellationToken) is not { } facts)
        {
            // Hosts do not go away: the inventory's tables are being rebuilt.
            tx.Orchestrator.SendAt(Queues.Orchestrator, message, state.Id.Value, now + timings.Interval, state.Id.Value);
            return;
        }

        await DoAsync(tx, state, EvacuationDecisions.Decide(state, new FleetSeen(facts), now, timings), now, cancellationToken);
    }

    /// <summary>Tells the evacuation that waits for this migration, if there is one, to look at once and not only by its timer.</summary>
    public static async Task WakeAsync(IEvacuationTx tx, OperationId migration, CancellationToken cancellationToken)
    {
        if (await tx.FindByMoveAsync(migration, cancellationToken) is { } id)
        {
            tx.Orchestrator.Send(Queues.Orchestrator, new EvacuationTimerElapsed { EvacuationId = id }, id.Value);
        }
    }

    /// <summary>Puts a host into maintenance; it may be there already.</summary>
    public async Task<Refusal?> EnterMaintenanceAsync(IEvacuationTx tx, HostId host, Trail trail, CancellationToken cancellationToken)
    {
        await tx.LockAsync(cancellationToken);
        if (await tx.Orchestrator.FindHostAsync(host, cancellationToken) is null)
        {
            return Refusals.HostNotFound(host);
        }

        await EnterAsync(tx, host, trail, null, cancellationToken);
        return null;
    }

    /// <summary>Lets VMs be placed on a host again, unless it is being emptied.</summary>
    public async Task<Refusal?> LeaveMaintenanceAsync(IEvacuationTx tx, HostId host, Trail trail, CancellationToken cancellationToken)
    {
        await tx.LockAsync(cancellationToken);
        if (await tx.Orchestrator.FindHostAsync(host, cancellationToken) is not { } known)
        {
            return Refusals.HostNotFound(host);
        }

        if (await tx.FindOpenAsync(host, cancellationToken) is { } running)
        {
            return Refusals.EvacuationRunning(known.Name, host, running);
        }

        if (await tx.LeaveMaintenanceAsync(host, cancellationToken))
        {
            tx.Orchestrator.Publish(new HostMaintenanceChanged { HostId = host, InMaintenance = false, Trail = trail, At = trail.RequestedAt }, host.Value);
        }

        return null;
    }

    static async Task EnterAsync(IEvacuationTx tx, HostId host, Trail trail, EvacuationId? evacuation, CancellationToken cancellationToken)
    {
        if (await tx.EnterMaintenanceAsync(host, trail, evacuation, cancellationToken))
        {
            tx.Orchestrator.Publish(
                new HostMaintenanceChanged { HostId = host, InMaintenance = true, EvacuationId = evacuation, Trail = trail, At = trail.RequestedAt }, host.Value);
        }
    }

    async Task<Outcome<Evacuation>> ChangeAsync(
        IEvacuationTx tx, EvacuationId id, string verb, EvacuationStatus[] allowed, Func<Evacuation, DateTimeOffset, EvacuationDecision> decide, CancellationToken cancellationToken)
    {
        await tx.LockAsync(cancellationToken);
        if (await tx.FindAsync(id, cancellationToken) is not { } state)
        {
            return Refusals.EvacuationNotFound(id);
        }

        if (!allowed.Contains(state.Status))
        {
            return Refusals.EvacuationWrongState(state, verb, allowed);
        }

        var now = clock.GetUtcNow();
        return await DoAsync(tx, state, decide(state, now), now, cancellationToken);
    }

    async Task<Evacuation> DoAsync(IEvacuationTx tx, Evacuation? before, EvacuationDecision decision, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var state = decision.State;
        var effects = new Queue<EvacuationEffect>(decision.Effects);
        while (effects.TryDequeue(out var effect))
        {
            switch (effect)
            {
                case StartMove move when (await acceptor.AcceptAsync(tx.Orchestrator, Request(state, move), cancellationToken)).Refusal is { } refusal:
                    var refused = EvacuationDecisions.Decide(state, new MoveRefused(move.VmId, move.OperationId, refusal.Error), now, timings);
                    state = refused.State;
                    refused.Effects.ToList().ForEach(effects.Enqueue);
                    Log.MoveRefused(log, state.Id, move.VmId, move.DestinationHostId, refusal.Error.Code, refusal.Error.Message);
                    break;
                case CancelMove move:
                    // Refused only if it has ended by now, which the next look sees.
                    await CancelMigration.RequestAsync(tx.Orchestrator, move.OperationId, TrailOf(state) with { RequestedAt = now }, null, cancellationToken);
                    break;
                case Tell tell:
                    tx.Orchestrator.Publish(tell.Message, state.HostId.Value);
                    break;
                case LookAgain { At: { } at }:
                    tx.Orchestrator.SendAt(Queues.Orchestrator, new EvacuationTimerElapsed { EvacuationId = state.Id }, state.Id.Value, at, state.Id.Value);
                    break;
                case LookAgain:
                    tx.Orchestrator.CancelScheduled(state.Id.Value);
                    break;
            }
        }

        if (state.Status != before?.Status)
        {
            Log.EvacuationIs(log, state.Id, state.HostName, state.Status);
        }

        await tx.SaveAsync(before, state, cancellationToken);
        return state;
    }

    static OperationRequest Request(Evacuation state, StartMove move) => new()
    {
        OperationId = move.OperationId,
        Kind = OperationKind.MigrateVm,
        VmId = move.VmId,
        Trail = TrailOf(state),
        DestinationHostId = move.DestinationHostId,
        Policy = move.Policy,
    };

    static Trail TrailOf(Evacuation state) => state.Trail with { Reason = $"evacuation {state.Id} of host '{state.HostName}'{(state.Trail.Reason is { } why ? $": {why}" : "")}" };
}
