using System.Linq.Expressions;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using MassTransit;

namespace HvPlatform.MigrationSaga.MigrateVm;

/// <summary>
/// A migration as a MassTransit state machine: its states and its messages. What a message does in a state is decided by
/// <see cref="MigrationDecisions"/> alone, also that it does nothing, and done by <see cref="MigrationActivity{T}"/>.
/// </summary>
public sealed class MigrateVmStateMachine : MassTransitStateMachine<MigrateVmState>
{
    public MigrateVmStateMachine()
    {
        InstanceState(x => x.CurrentState);

        Input(() => Begin, m => m.OperationId);
        Input(() => SourceChecked, m => m.OperationId);
        Input(() => DestinationChecked, m => m.OperationId);
        Input(() => CapacityReserved, m => m.OperationId);
        Input(() => CapacityDeferred, m => m.OperationId);
        Input(() => CapacityRefused, m => m.OperationId);
        Input(() => DestinationPrepared, m => m.OperationId);
        Input(() => TransferEnded, m => m.OperationId);
        Input(() => VmInspected, m => m.OperationId);
        Input(() => FinishedOnDestination, m => m.OperationId);
        Input(() => ConfirmedOnSource, m => m.OperationId);
        Input(() => DestinationCleanedUp, m => m.OperationId);
        Input(() => SourceRestored, m => m.OperationId);
        Input(() => StepFailed, m => m.OperationId);
        Input(() => CancelRequested, m => m.OperationId);
        Input(() => ResolveRequested, m => m.OperationId);
        Input(() => TimerElapsed, m => m.OperationId);

        // A cancel may overtake the BeginMigration that it cancels: it waits for it in the state Requested.
        Initially(
            When(Begin).Activity(x => x.OfType<MigrationActivity<BeginMigration>>()),
            When(CancelRequested).Activity(x => x.OfType<MigrationActivity<CancelMigrationRequested>>()));
    }

    void Input<T>(Expression<Func<Event<T>>> property, Func<T, OperationId> operation) where T : class
    {
        Event(property, x =>
        {
            x.CorrelateById(c => operation(c.Message).Value);
            if (!MigrationDecisions.CanBeFirst(typeof(T)))
            {
                // Of a migration that ended so long ago that its row is gone.
                x.OnMissingInstance(m => m.Discard());
            }
        });
        DuringAny(When(property.Compile()()).Activity(x => x.OfType<MigrationActivity<T>>()));
    }

    public State Requested { get; private set; } = null!;

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

    public Event<MigrationCapacityDeferred> CapacityDeferred { get; private set; } = null!;

    public Event<MigrationCapacityRefused> CapacityRefused { get; private set; } = null!;

    public Event<MigrationDestinationPrepared> DestinationPrepared { get; private set; } = null!;

    public Event<VmTransferEnded> TransferEnded { get; private set; } = null!;

    public Event<MigratingVmInspected> VmInspected { get; private set; } = null!;

    public Event<MigrationFinishedOnDestination> FinishedOnDestination { get; private set; } = null!;

    public Event<MigrationConfirmedOnSource> ConfirmedOnSource { get; private set; } = null!;

    public Event<MigrationDestinationCleanedUp> DestinationCleanedUp { get; private set; } = null!;

    public Event<MigrationSourceRestored> SourceRestored { get; private set; } = null!;

    public Event<MigrationStepFailed> StepFailed { get; private set; } = null!;

    public Event<CancelMigrationRequested> CancelRequested { get; private set; } = null!;

    public Event<ResolveMigrationRequested> ResolveRequested { get; private set; } = null!;

    public Event<MigrationTimerElapsed> TimerElapsed { get; private set; } = null!;
}
