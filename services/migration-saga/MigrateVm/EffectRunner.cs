using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.ServiceKit;

namespace HvPlatform.MigrationSaga.MigrateVm;

/// <summary>
/// Writes a decision's effects into the saga's transaction: commands in order per migration, facts in order per VM. Two orders, so that the next step does
/// not wait for the broker to confirm what is only told.
/// </summary>
static class EffectRunner
{
    public static void Run(Decision decision, HvTransaction transaction) => Run(decision, new TransactionSink(transaction));

    /// <summary>The same into wherever the messages of a decision go.</summary>
    public static void Run(Decision decision, IEffectSink transaction)
    {
        var operation = decision.State.OperationId;
        Run(operation, decision.State.VmId.Value, decision.Effects, timer => new MigrationTimerElapsed { OperationId = operation, Timer = timer }, transaction);
    }

    /// <summary>The effects of any saga's decision; <paramref name="timerMessage"/> makes what its timer says.</summary>
    public static void Run(OperationId operation, Guid vm, IReadOnlyList<Effect> effects, Func<long, object> timerMessage, HvTransaction transaction) =>
        Run(operation, vm, effects, timerMessage, new TransactionSink(transaction));

    static void Run(OperationId operation, Guid vm, IReadOnlyList<Effect> effects, Func<long, object> timerMessage, IEffectSink transaction)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case SendToHost e:
                    transaction.Send(Queues.HostAgent(e.Host), e.Command, operation.Value);
                    break;
                case SendToOrchestrator e:
                    transaction.Send(Queues.Orchestrator, e.Request, operation.Value);
                    break;
                case PublishFact e:
                    transaction.Publish(e.Fact, vm);
                    break;
                case ArmTimer e:
                    // One timer per operation: its token is the operation's id, so arming replaces.
                    transaction.SendAt(Queues.MigrationSaga, timerMessage(e.Timer), operation.Value, e.DueAt, operation.Value);
                    break;
                case DisarmTimer:
                    transaction.CancelScheduled(operation.Value);
                    break;
                default:
                    throw new InvalidOperationException($"No way to carry out {effect.GetType().Name}.");
            }
        }
    }

    sealed class TransactionSink(HvTransaction transaction) : IEffectSink
    {
        public void Publish(object message, Guid key) => transaction.Publish(message, key);

        public void Send(string queue, object message, Guid key) => transaction.Send(queue, message, key);

        public void SendAt(string queue, object message, Guid key, DateTimeOffset dueAt, Guid token) => transaction.SendAt(queue, message, key, dueAt, token);

        public void CancelScheduled(Guid token) => transaction.CancelScheduled(token);
    }
}

/// <summary>Where the effects of a decision go: the saga's transaction, or the simulation's.</summary>
interface IEffectSink
{
    void Publish(object message, Guid key);

    void Send(string queue, object message, Guid key);

    void SendAt(string queue, object message, Guid key, DateTimeOffset dueAt, Guid token);

    void CancelScheduled(Guid token);
}
