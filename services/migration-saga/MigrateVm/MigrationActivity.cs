using HvPlatform.Contracts.Migrations;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.MigrationSaga.MigrateVm;

/// <summary>Makes one decision and does what it says: the state into the saga's row, the effects into the same transaction's outbox.</summary>
public sealed class MigrationActivity<T>(MigrateVmStateMachine machine, MigrationTimings timings, TimeProvider time, ILogger<MigrateVmStateMachine> log)
    : IStateMachineActivity<MigrateVmState, T>
    where T : class
{
    public async Task Execute(BehaviorContext<MigrateVmState, T> context, IBehavior<MigrateVmState, T> next)
    {
        var saga = context.Saga;
        var before = saga.Migration?.Phase ?? MigrationPhase.Requested;
        var decision = saga.Migration is null && context.Message is BeginMigration begin
            ? MigrationDecisions.Begin(begin, time.GetUtcNow(), timings)
            : MigrationDecisions.Decide(saga.Migration!, context.Message, time.GetUtcNow(), timings);

        saga.Migration = decision.State;
        EffectRunner.Run(decision, context.Transaction());
        if (decision.Ignored is { } why)
        {
            Log.Ignored(log, decision.State.OperationId, typeof(T).Name, decision.State.Phase, why);
        }
        else if (decision.State.Phase != before)
        {
            Log.PhaseEntered(log, decision.State.OperationId, decision.State.VmName, before, decision.State.Phase);
            await context.TransitionToState(machine.GetState(decision.State.Phase.ToString()));
        }

        await next.Execute(context);
    }

    public Task Faulted<TException>(BehaviorExceptionContext<MigrateVmState, T, TException> context, IBehavior<MigrateVmState, T> next)
        where TException : Exception => next.Faulted(context);

    public void Probe(ProbeContext context) => context.CreateScope("decide-migration");

    public void Accept(StateMachineVisitor visitor) => visitor.Visit(this);
}
