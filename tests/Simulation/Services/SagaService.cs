using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.MigrationSaga;
using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.Simulation.Worlds;
using MassTransit;

namespace HvPlatform.Simulation.Services;

/// <summary>The migration saga: the product's decisions over rows in memory. What the state machine adds (which message is looked up how) is done alike here.</summary>
sealed class SagaService(World world) : SimService(world, "saga", Queues.MigrationSaga, s_inputs)
{
    static readonly TimeSpan s_sweep = TimeSpan.FromSeconds(new MigrationSagaOptions().SweepSeconds);
    static readonly TimeSpan s_timerLostAfter = TimeSpan.FromSeconds(new MigrationSagaOptions().TimerLostAfterSeconds);

    static readonly Type[] s_inputs =
    [
        .. typeof(MigrateVmStateMachine).GetProperties().Select(p => p.PropertyType)
            .Where(t => t.IsGenericType && t.GetGenericTypeDefinition() == typeof(Event<>))
            .Select(t => t.GetGenericArguments()[0])
            .Where(t => t.Assembly == typeof(OperationId).Assembly),
    ];

    static readonly Dictionary<Type, Func<object, OperationId>> s_operations = s_inputs.ToDictionary(
        t => t,
        t =>
        {
            var property = t.GetProperty(nameof(MigrationTimerElapsed.OperationId)) ?? throw new InvalidOperationException($"{t.Name} names no operation.");
            return new Func<object, OperationId>(m => (OperationId)property.GetValue(m)!);
        });

    readonly Dictionary<OperationId, string> _rows = [];
    readonly Dictionary<OperationId, Migration> _sagas = [];

    public IReadOnlyDictionary<OperationId, Migration> Sagas => _sagas;

    protected override void Booted()
    {
        if (World.Has(Breadth.LostTimers))
        {
            World.Scheduler.After(s_sweep, Process, "upkeep", Rearm);
        }
    }

    /// <summary>As Upkeep does: the timer of every open migration whose due time is long past.</summary>
    void Rearm()
    {
        var lost = _sagas.Values.Where(s => !s.IsOver && s.Phase != MigrationPhase.Requested && s.TimerDueAt < Now - s_timerLostAfter).ToList();
        if (lost.Count > 0)
        {
            Transact(tx => lost.ForEach(s => tx.SendAt(
                Queues.MigrationSaga, new MigrationTimerElapsed { OperationId = s.OperationId, Timer = s.Timer }, s.OperationId.Value, Now, s.OperationId.Value)));
            World.Reach("timer armed again");
        }

        World.Scheduler.After(s_sweep, Process, "upkeep", Rearm);
    }

    protected override void Handle(object message, StoreTx tx)
    {
        if (!s_operations.TryGetValue(message.GetType(), out var operationOf))
        {
            throw new RetryException($"{message.GetType().Name} is no input of the saga");
        }

        var operation = operationOf(message);
        var before = _rows.TryGetValue(operation, out var row) ? JsonSerializer.Deserialize<Migration>(row, HvJson.Options)! : null;
        if (before is null && !MigrationDecisions.CanBeFirst(message.GetType()))
        {
            // Of a migration that ended so long ago that its row is gone.
            return;
        }

        var now = Now.AddTicks(-(Now.Ticks % TimeSpan.TicksPerMicrosecond));
        var decision = Decide(before, message, now);
        World.Checks.Decided(before, message, decision);
        World.Trace(Name, () => decision.Ignored is { } ignored
            ? $"ignores {message.GetType().Name}: {ignored.Why}"
            : $"{decision.State.OperationId.Value.ToString()[^6..]} {before?.Phase ?? MigrationPhase.Requested} -> {decision.State.Phase}{(decision.State.Inquiry is { } i ? $" (asking, round {i.Round})" : "")}");
        var saved = JsonSerializer.Serialize(decision.State, HvJson.Options);
        tx.Writes.Add(() =>
        {
            _rows[operation] = saved;
            _sagas[operation] = decision.State;
            World.Recorder?.Decided(message, now, decision);
            World.Checks.SagaCommitted(before, decision.State);
        });
        EffectRunner.Run(decision, tx);
    }

    Decision Decide(Migration? before, object message, DateTimeOffset now)
    {
        var decision = MigrationDecisions.Decide(before, message, now, World.Options.SagaTimings);
        if (before is null || !World.Options.Without(Safeguard.AskBothHosts))
        {
            return decision;
        }

        if (message is MigrationStepFailed { Step: var step } && step.StartsWith("clean-up", StringComparison.Ordinal))
        {
            var clean = new MigrationDestinationCleanedUp { OperationId = before.OperationId, Step = step, HostId = before.DestinationHostId, VmId = before.VmId, At = now };
            return MigrationDecisions.Decide(before, clean, now, World.Options.SagaTimings);
        }

        if (message is not MigratingVmInspected seen || before.Inquiry is null)
        {
            return decision;
        }

        if (seen.HostId == before.DestinationHostId)
        {
            return new Decision(before, []);
        }

        // A saga that believes one side: whatever the destination has, it is taken not to have the VM.
        var other = seen with
        {
            HostId = before.DestinationHostId,
            Exists = false,
            State = VmState.Unknown,
            TransferRunning = false,
            PausedByMigration = false,
            Incoming = false,
            PostCopy = false,
        };
        var next = MigrationDecisions.Decide(decision.State, other, now, World.Options.SagaTimings);
        return next with { Effects = [.. decision.Effects, .. next.Effects] };
    }
}
