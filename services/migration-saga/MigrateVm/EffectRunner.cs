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
    public static void Run(Decision decision, HvTransaction transaction)
    {
        var operation = decision.State.OperationId;
        foreach (var effect in decision.Effects)
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
                    transaction.Publish(e.Fact, decision.State.VmId.Value);
                    break;
                case ArmTimer e:
                    // One timer per migration: its token is the operation's id, so arming replaces.
                    transaction.SendAt(Queues.MigrationSaga, new MigrationTimerElapsed { OperationId = operation, Timer = e.Timer }, operation.Value, e.DueAt, operation.Value);
                    break;
                case DisarmTimer:
                    transaction.CancelScheduled(operation.Value);
                    break;
                default:
                    throw new InvalidOperationException($"No way to carry out {effect.GetType().Name}.");
            }
        }
    }
}
