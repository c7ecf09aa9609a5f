using HvPlatform.Contracts.Packages;
using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.MigrationSaga.Record;
using HvPlatform.ServiceKit;
using MassTransit;

namespace HvPlatform.MigrationSaga.Packages;

/// <summary>
/// Makes one decision of an export or import and does what it says: the state into the saga's row, the effects into the same transaction's outbox, and what
/// was decided on into the record.
/// </summary>
public sealed class PackageActivity<TState, T>(
    PackageStateMachine<TState> machine, MigrationTimings timings, [FromKeyedServices(MigrationSagaModule.Schema)] TimeProvider time, ILogger<PackageActivity<TState, T>> log)
    : IStateMachineActivity<TState, T>
    where TState : PackageState
    where T : class
{
    public async Task Execute(BehaviorContext<TState, T> context, IBehavior<TState, T> next)
    {
        var saga = context.Saga;
        var before = saga.Job?.Phase ?? PackagePhase.Requested;
        var now = time.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        var decision = PackageDecisions.Decide(machine.Procedure, saga.Job, context.Message, now, timings);
        var state = saga.Job = decision.State;
        saga.Inputs++;

        var transaction = context.Transaction();
        EffectRunner.Run(state.OperationId, state.VmId.Value, decision.Effects, timer => machine.Procedure.Timer(state.OperationId, timer), transaction);
        var digest = DecisionText.Digest(state.Phase.ToString(), [.. decision.Effects.Select(e => DecisionText.Line(e, state.HostId))]);
        transaction.Enlist(MigrationRecords.Insert(state.OperationId, saga.Inputs, now, context.Message, state.Phase.ToString(), digest, PackageDecisions.Version, timings));
        if (decision.Ignored is { } ignored)
        {
            Log.PackageIgnored(log, state.OperationId, typeof(T).Name, state.Phase, ignored.Reason, ignored.Why);
            MigrationMetrics.Ignored(typeof(T).Name, ignored.Reason);
        }
        else if (state.Phase != before)
        {
            Log.PackagePhaseEntered(log, machine.Procedure.Noun, state.OperationId, state.VmName, before, state.Phase);
        }

        if (saga.CurrentState != state.Phase.ToString())
        {
            await context.TransitionToState(machine.GetState(state.Phase.ToString()));
        }

        await next.Execute(context);
    }

    public Task Faulted<TException>(BehaviorExceptionContext<TState, T, TException> context, IBehavior<TState, T> next)
        where TException : Exception => next.Faulted(context);

    public void Probe(ProbeContext context) => context.CreateScope("decide-package");

    public void Accept(StateMachineVisitor visitor) => visitor.Visit(this);
}
