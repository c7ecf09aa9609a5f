using System.Collections.Immutable;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

namespace HvPlatform.MigrationSaga.MigrateVm;

/// <summary>A decision being written: collects the changed state and the effects. Never outlives one call of <see cref="MigrationDecisions.Decide"/>.</summary>
internal sealed class Draft(Migration state, DateTimeOffset now, MigrationTimings timings)
{
    readonly ImmutableArray<Effect>.Builder _effects = ImmutableArray.CreateBuilder<Effect>();

    public Migration State { get; set; } = state;

    public DateTimeOffset Now { get; } = now;

    public MigrationTimings Timings { get; } = timings;

    public Decision Done() => new(State, _effects.ToImmutable());

    public void SendToSource(object command) => _effects.Add(new SendToHost(State.SourceHostId, command));

    public void SendToDestination(object command) => _effects.Add(new SendToHost(State.DestinationHostId, command));

    public void SendToOrchestrator(object request) => _effects.Add(new SendToOrchestrator(request));

    public void Publish(object fact) => _effects.Add(new PublishFact(fact));

    /// <summary>Leaves the current phase for another, says so, and gives the new phase's step its deadline.</summary>
    public void Enter(MigrationPhase phase, string? reason = null, ErrorInfo? error = null, TimeSpan? deadline = null)
    {
        var from = State.Phase;
        Move(phase, deadline ?? Timings.StepDeadline);
        Publish(new MigrationPhaseChanged { OperationId = State.OperationId, VmId = State.VmId, From = from, To = phase, Reason = reason, Error = error, At = Now });
    }

    /// <summary>Enters a final phase: the terminal event says so, with the result, and a timer that is late must not wake the migration.</summary>
    public void End(MigrationPhase phase)
    {
        Move(phase, TimeSpan.Zero);
        State = State with { Timer = State.Timer + 1, TimerDueAt = null, Inquiry = null };
        _effects.Add(new DisarmTimer());
    }

    void Move(MigrationPhase phase, TimeSpan deadline)
    {
        var s = State;
        State = s with
        {
            Phase = phase,
            PhaseSince = Now,
            StepDeadline = Now + deadline,
            Phases = s.Phases.Add(new MigrationPhaseTime { Phase = s.Phase, Ms = (long)(Now - s.PhaseSince).TotalMilliseconds }),
        };
    }

    /// <summary>Arms the timer; whichever was armed before no longer counts.</summary>
    public void Arm(TimeSpan after)
    {
        State = State with { Timer = State.Timer + 1, TimerDueAt = Now + after };
        _effects.Add(new ArmTimer(State.Timer, Now + after));
    }

    /// <summary>The error that counts: the first one.</summary>
    public void Blame(ErrorInfo? error) => State = State with { Error = State.Error ?? error };

    /// <summary>The name of the current attempt at a step.</summary>
    public string StepName(string step) => State.Attempt == 1 ? step : $"{step}#{State.Attempt}";
}
