using System.Linq.Expressions;
using HvPlatform.Contracts;
using MassTransit;

namespace HvPlatform.MigrationSaga.Packages;

/// <summary>The states that exports and imports share: each is a <see cref="Contracts.Packages.PackagePhase"/>.</summary>
public abstract class PackageStateMachine<TState> : MassTransitStateMachine<TState> where TState : PackageState
{
    protected PackageStateMachine()
    {
        InstanceState(x => x.CurrentState);

        // Only a machine's own properties are found by themselves.
        State(() => Requested);
        State(() => Checking);
        State(() => Exporting);
        State(() => Planning);
        State(() => Validating);
        State(() => Realising);
        State(() => Verifying);
        State(() => Discarding);
        State(() => InDoubt);
        State(() => Completed);
        State(() => RolledBack);
        State(() => Failed);
    }

    /// <summary>Export or import.</summary>
    public abstract PackageProcedure Procedure { get; }

    protected void Input<T>(Expression<Func<Event<T>>> property, Func<T, OperationId> operation) where T : class
    {
        Event(property, x =>
        {
            x.CorrelateById(c => operation(c.Message).Value);
            if (!Procedure.CanBeFirst(typeof(T)))
            {
                // Of one that ended so long ago that its row is gone.
                x.OnMissingInstance(m => m.Discard());
            }
        });
        DuringAny(When(property.Compile()()).Activity(x => x.OfType<PackageActivity<TState, T>>()));
    }

    public State Requested { get; protected set; } = null!;

    public State Checking { get; protected set; } = null!;

    public State Exporting { get; protected set; } = null!;

    public State Planning { get; protected set; } = null!;

    public State Validating { get; protected set; } = null!;

    public State Realising { get; protected set; } = null!;

    public State Verifying { get; protected set; } = null!;

    public State Discarding { get; protected set; } = null!;

    public State InDoubt { get; protected set; } = null!;

    public State Completed { get; protected set; } = null!;

    public State RolledBack { get; protected set; } = null!;

    public State Failed { get; protected set; } = null!;
}
