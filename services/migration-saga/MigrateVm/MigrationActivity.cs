using HvPlatform.Contracts.Migrations;
using HvPlatform.MigrationSaga.Record;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.MigrationSaga.MigrateVm;

/// <summary>
/// Makes one decision and does what it says: the state into the saga's row, the effects into the same transaction's outbox, and what was decided on
/// into the record.
/// </summary>
/// <remarks>Its clock is the module's own, so that recorded messages can be decided at their instants while the outbox's timers keep the true time.</remarks>
public sealed class MigrationActivity<T>(
    MigrateVmStateMachine machine, MigrationTimings timings, [FromKeyedServices(MigrationSagaModule.Schema)] TimeProvider time, ILogger<MigrateVmStateMachine> log)
    : IStateMachineActivity<MigrateVmState, T>
    where T : class
{
    public async Task Execute(BehaviorContext<MigrateVmState, T> context, IBehavior<MigrateVmState, T> next)
    {
        var saga = context.Saga;
        var before = saga.Migration?.Phase ?? MigrationPhase.Requested;
        var now = Now();
        var decision = MigrationDecisions.Decide(saga.Migration, context.Message, now, timings);

        saga.Migration = decision.State;
        saga.Inputs++;
        var transaction = context.Transaction();
        EffectRunner.Run(decision, transaction);
        transaction.Enlist(MigrationRecords.Insert(saga.Inputs, now, context.Message, decision, timings));
        if (decision.Ignored is { } ignored)
        {
            Log.Ignored(log, decision.State.OperationId, typeof(T).Name, decision.State.Phase, ignored.Reason, ignored.Why);
            MigrationMetrics.Ignored(typeof(T).Name, ignored.Reason);
        }
        else if (decision.State.Phase != before)
        {
            Log.PhaseEntered(log, decision.State.OperationId, decision.State.VmName, before, decision.State.Phase);
        }

        foreach (var doubt in decision.Effects.OfType<PublishFact>().Select(e => e.Fact).OfType<MigrationInDoubt>().Where(f => f.UnansweredHostIds.Count == 0))
        {
            Log.NeedsAPerson(log, doubt.OperationId, decision.State.VmName, doubt.Unknown);
        }

        if (saga.CurrentState != decision.State.Phase.ToString())
        {
            await context.TransitionToState(machine.GetState(decision.State.Phase.ToString()));
        }

        await next.Execute(context);
    }

    public Task Faulted<TException>(BehaviorExceptionContext<MigrateVmState, T, TException> context, IBehavior<MigrateVmState, T> next)
        where TException : Exception => next.Faulted(context);

    public void Probe(ProbeContext context) => context.CreateScope("decide-migration");

    public void Accept(StateMachineVisitor visitor) => visitor.Visit(this);

    /// <summary>To the microsecond, as the record keeps it: the replay decides with the same instant.</summary>
    DateTimeOffset Now()
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
