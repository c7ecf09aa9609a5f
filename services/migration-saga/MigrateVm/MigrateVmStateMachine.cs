using System.Linq.Expressions;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using MassTransit;

namespace HvPlatform.MigrationSaga.MigrateVm;

/// <summary>
/// A live migration as a MassTransit state machine: which message may matter in which phase. What it then does is decided by
/// <see cref="MigrationDecisions"/> and done by <see cref="MigrationActivity{T}"/>. A message in a phase that does not list it is late, and ignored.
/// </summary>
public sealed class MigrateVmStateMachine : MassTransitStateMachine<MigrateVmState>
{
    readonly List<(Event Input, Action<State> Decide, Action<State> Ignore)> _inputs = [];

    public MigrateVmStateMachine()
    {
        InstanceState(x => x.CurrentState);

        Input(() => Begin, m => m.OperationId);
        Input(() => SourceChecked, m => m.OperationId);
        Input(() => DestinationChecked, m => m.OperationId);
        Input(() => CapacityReserved, m => m.OperationId);
        Input(() => CapacityRefused, m => m.OperationId);
        Input(() => DestinationPrepared, m => m.OperationId);
        Input(() => TransferEnded, m => m.OperationId);
        Input(() => VmInspected, m => m.OperationId);
        Input(() => FinishedOnDestination, m => m.OperationId);
        Input(() => ConfirmedOnSource, m => m.OperationId);
        Input(() => DestinationCleanedUp, m => m.OperationId);
        Input(() => StepFailed, m => m.OperationId);
        Input(() => CancelRequested, m => m.OperationId);
        Input(() => TimerElapsed, m => m.OperationId);

        Initially(When(Begin).Activity(x => x.OfType<MigrationActivity<BeginMigration>>()));

        Expect(Preflight, SourceChecked, DestinationChecked, StepFailed, CancelRequested, TimerElapsed);
        Expect(Reserving, CapacityReserved, CapacityRefused, CancelRequested, TimerElapsed);
        Expect(PreparingDestination, DestinationPrepared, StepFailed, CancelRequested, TimerElapsed);
        Expect(Transferring, TransferEnded, VmInspected, StepFailed, CancelRequested, TimerElapsed);
        Expect(Cancelling, TransferEnded, VmInspected, StepFailed, CancelRequested, TimerElapsed);
        Expect(Finishing, FinishedOnDestination, VmInspected, StepFailed, CancelRequested, TimerElapsed);
        Expect(Confirming, ConfirmedOnSource, VmInspected, StepFailed, CancelRequested, TimerElapsed);
        Expect(RollingBack, DestinationCleanedUp, VmInspected, StepFailed, CancelRequested, TimerElapsed);
        Expect(InDoubt, TransferEnded, FinishedOnDestination, ConfirmedOnSource, DestinationCleanedUp, VmInspected, CancelRequested, TimerElapsed);
        Expect(Completed, CancelRequested);
        Expect(RolledBack, CancelRequested);
        Expect(Failed, CancelRequested);
    }

    void Input<T>(Expression<Func<Event<T>>> property, Func<T, OperationId> operation) where T : class
    {
        Event(property, x =>
        {
            x.CorrelateById(c => operation(c.Message).Value);
            if (typeof(T) == typeof(CancelMigrationRequested))
            {
                // It may overtake the BeginMigration that it cancels: tried again by the endpoint's retry, never dropped.
                x.OnMissingInstance(m => m.Fault());
            }
            else if (typeof(T) != typeof(BeginMigration))
            {
                x.OnMissingInstance(m => m.Discard());
            }
        });
        var input = property.Compile()();
        _inputs.Add((input, state => During(state, When(input).Activity(x => x.OfType<MigrationActivity<T>>())), state => During(state, Ignore(input))));
    }

    /// <summary>The messages that may matter in a phase; every other one is late there, and ignored by name.</summary>
    void Expect(State phase, params Event[] expected)
    {
        foreach (var (input, decide, ignore) in _inputs)
        {
            (expected.Contains(input) ? decide : ignore)(phase);
        }
    }

    public State Preflight { get; private set; } = null!;

    public State Reserving { get; private set; } = null!;

    public State PreparingDestination { get; private set; } = null!;

    public State Transferring { get; private set; } = null!;

    public State Cancelling { get; private set; } = null!;

    public State Finishing { get; private set; } = null!;

    public State Confirming { get; private set; } = null!;

    public State RollingBack { get; private set; } = null!;

    public State InDoubt { get; private set; } = null!;

    public State Completed { get; private set; } = null!;

    public State RolledBack { get; private set; } = null!;

    public State Failed { get; private set; } = null!;

    public Event<BeginMigration> Begin { get; private set; } = null!;

    public Event<MigrationSourceChecked> SourceChecked { get; private set; } = null!;

    public Event<MigrationDestinationChecked> DestinationChecked { get; private set; } = null!;

    public Event<MigrationCapacityReserved> CapacityReserved { get; private set; } = null!;

    public Event<MigrationCapacityRefused> CapacityRefused { get; private set; } = null!;

    public Event<MigrationDestinationPrepared> DestinationPrepared { get; private set; } = null!;

    public Event<VmTransferEnded> TransferEnded { get; private set; } = null!;

    public Event<MigratingVmInspected> VmInspected { get; private set; } = null!;

    public Event<MigrationFinishedOnDestination> FinishedOnDestination { get; private set; } = null!;

    public Event<MigrationConfirmedOnSource> ConfirmedOnSource { get; private set; } = null!;

    public Event<MigrationDestinationCleanedUp> DestinationCleanedUp { get; private set; } = null!;

    public Event<MigrationStepFailed> StepFailed { get; private set; } = null!;

    public Event<CancelMigrationRequested> CancelRequested { get; private set; } = null!;

    public Event<MigrationTimerElapsed> TimerElapsed { get; private set; } = null!;
}
