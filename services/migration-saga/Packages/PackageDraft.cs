using System.Collections.Immutable;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.MigrationSaga.MigrateVm;

namespace HvPlatform.MigrationSaga.Packages;

/// <summary>A decision being written: collects the changed state and the effects. Never outlives one call of <see cref="PackageDecisions.Decide"/>.</summary>
sealed class PackageDraft(PackageProcedure procedure, PackageJob state, DateTimeOffset now, MigrationTimings timings)
{
    readonly ImmutableArray<Effect>.Builder _effects = ImmutableArray.CreateBuilder<Effect>();

    public PackageProcedure Procedure { get; } = procedure;

    public PackageJob State { get; set; } = state;

    public DateTimeOffset Now { get; } = now;

    public MigrationTimings Timings { get; } = timings;

    /// <summary>The name of the current attempt at the work's step.</summary>
    public string StepName => State.Attempt == 1 ? PackageProcedure.StepOf(State.WorkPhase) : $"{PackageProcedure.StepOf(State.WorkPhase)}#{State.Attempt}";

    public PackageDecision Done() => new(State, _effects.ToImmutable());

    public void Send(object command) => _effects.Add(new SendToHost(State.HostId, command));

    public void Publish(object fact) => _effects.Add(new PublishFact(fact));

    /// <summary>The host said something: it is not silent.</summary>
    public void Heard() => State = State with { Deadline = Now + Timings.StepDeadline, InquiryError = null };

    /// <summary>Leaves the current phase for another and says so.</summary>
    public void Enter(PackagePhase phase, ErrorInfo? error = null)
    {
        var from = State.Phase;
        State = State with { Phase = phase, Deadline = Now + Timings.StepDeadline, Tries = 1, Unsettled = 0, SilentRounds = 0, Asking = false, Unknown = null };
        Publish(Procedure.PhaseChanged(State, from, error, Now));
    }

    /// <summary>Enters a final phase: the terminal event says so, and a timer that is late must not wake it.</summary>
    public PackageDecision End(PackagePhase phase, object fact)
    {
        State = State with { Phase = phase, Timer = State.Timer + 1, TimerDueAt = null, Asking = false };
        Publish(fact);
        _effects.Add(new DisarmTimer());
        return Done();
    }

    /// <summary>Arms the timer; whichever was armed before no longer counts.</summary>
    public void Arm(TimeSpan after)
    {
        State = State with { Timer = State.Timer + 1, TimerDueAt = Now + after };
        _effects.Add(new ArmTimer(State.Timer, Now + after));
    }

    /// <summary>The error that counts: the first one.</summary>
    public void Blame(ErrorInfo? error) => State = State with { Error = State.Error ?? error };
}
