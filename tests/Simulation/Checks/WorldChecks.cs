using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.Simulation.Bus;
using HvPlatform.Simulation.Services;
using HvPlatform.Simulation.Worlds;

namespace HvPlatform.Simulation.Checks;

/// <summary>
/// What must hold at every moment. The hypervisors are looked at after each step; messages and rows as they change. The checks know nothing of how
/// the platform decides: they look at hosts, at what was said, and at what was written.
/// </summary>
sealed class WorldChecks(World world)
{
    readonly HypervisorChecks _hypervisors = new(world);
    readonly EpochChecks _epochs = new();
    readonly Dictionary<OperationId, (Guid Message, string Type)> _ends = [];
    readonly HashSet<OperationId> _recordedEnds = [];
    readonly HashSet<(OperationId, string)> _recorded = [];

    /// <summary>Every operation that was accepted.</summary>
    public Dictionary<OperationId, OperationAccepted> Accepted { get; } = [];

    /// <summary>How each migration ended.</summary>
    public Dictionary<OperationId, MigrationPhase> Ended { get; } = [];

    /// <summary>Migrations that were in doubt at some time.</summary>
    public HashSet<OperationId> Doubted { get; } = [];

    public void Know(VmId vm) => _hypervisors.Know(vm);

    public void AfterStep() => _hypervisors.Check();

    /// <summary>A message leaves its sender; a resent one passes here again.</summary>
    public void Sent(Envelope message)
    {
        if (message.Type == typeof(OperationAccepted))
        {
            var accepted = (OperationAccepted)message.Open();
            if (Accepted.TryAdd(accepted.OperationId, accepted))
            {
                _epochs.Granted(accepted);
                if (accepted.Kind == OperationKind.DeleteVm)
                {
                    _hypervisors.MayVanish(accepted.VmId, accepted.HostId);
                }

                if (accepted.Kind == OperationKind.MigrateVm)
                {
                    world.Reach("migrations");
                }
            }
        }
        else if (message.Type == typeof(OperationSucceeded) || message.Type == typeof(OperationFailed) || message.Type == typeof(MigrationCompleted)
            || message.Type == typeof(MigrationRolledBack) || message.Type == typeof(MigrationFailed))
        {
            End(message);
        }
        else
        {
            _epochs.Answered(message);
        }
    }

    /// <summary>A decision of the saga, before it is committed (it may be made again).</summary>
    public void Decided(Migration? before, object message, Decision decision)
    {
        if (before?.IsOver == true && (decision.State.Phase != before.Phase))
        {
            throw new ViolationException($"migration {before.OperationId} was over ({before.Phase}) and went on to {decision.State.Phase} at {message.GetType().Name}");
        }
    }

    public void SagaCommitted(Migration? before, Migration after)
    {
        if (before?.Phase == after.Phase)
        {
            return;
        }

        world.Reach($"phase {before?.Phase ?? MigrationPhase.Requested} -> {after.Phase}");
        if (after.Phase == MigrationPhase.InDoubt)
        {
            Doubted.Add(after.OperationId);
            world.Reach($"in doubt from {after.PhaseBeforeDoubt}");
        }

        if (after.IsOver)
        {
            Ended[after.OperationId] = after.Phase;
            world.Reach($"ended {after.Phase}{(after.Phase == MigrationPhase.Failed ? "" : after.CancelRequested ? " (cancelled)" : "")}");
        }
    }

    public void Recorded(object historyEvent)
    {
        var once = historyEvent switch
        {
            OperationRequested x => (x.OperationId, "requested"),
            OperationBegan x => (x.OperationId, "began"),
            OperationPhaseEntered x => (x.OperationId, $"{x.From} -> {x.To} at {x.At:O}"),
            _ => default,
        };
        if (once.Item2 is not null && !_recorded.Add(once))
        {
            throw new ViolationException($"the history of operation {once.OperationId} tells twice: {once.Item2}");
        }

        if (historyEvent is OperationEnded e && !_recordedEnds.Add(e.OperationId))
        {
            throw new ViolationException($"the history of operation {e.OperationId} ends twice");
        }
    }

    public void Progressed(MigrationProgressed? before, MigrationProgressed after)
    {
        if (after.Progress.Percent > 100)
        {
            throw new ViolationException($"progress of {after.OperationId} is {after.Progress.Percent} %");
        }

        if (before is not null && after.Progress.Percent < before.Progress.Percent)
        {
            throw new ViolationException($"progress of {after.OperationId} goes back from {before.Progress.Percent} % to {after.Progress.Percent} %");
        }
    }

    public void OrchestratorCommitted(OrchestratorTables before, OrchestratorTables after)
    {
        if (ReferenceEquals(before.Epochs, after.Epochs))
        {
            return;
        }

        foreach (var (vm, epoch) in after.Epochs)
        {
            if (epoch < before.Epochs.GetValueOrDefault(vm))
            {
                throw new ViolationException($"the epoch of VM {vm} shrinks from {before.Epochs[vm]} to {epoch}");
            }
        }
    }

    public void Committed(SimService service)
    {
    }

    /// <summary>Nothing goes wrong any more and nothing is under way: what must hold at rest.</summary>
    public void AtRest() => RestChecks.Run(world, _ends.Keys);

    /// <summary>Whether every accepted operation has ended everywhere.</summary>
    public bool AllEnded() => Accepted.Keys.All(o => _ends.ContainsKey(o))
        && world.Orchestrator.Tables.Operations.Values.All(o => o.IsFinal)
        && world.Inventory.Operations.Values.All(o => o.HasEnded || o.Kind == OperationKind.Unknown || !Accepted.ContainsKey(o.Id));

    void End(Envelope message)
    {
        var operation = message.Open() switch
        {
            OperationSucceeded m => m.OperationId,
            OperationFailed m => m.OperationId,
            MigrationCompleted m => m.OperationId,
            MigrationRolledBack m => m.OperationId,
            MigrationFailed m => m.OperationId,
            var other => throw new InvalidOperationException($"{other.GetType().Name} ends nothing."),
        };
        if (!_ends.TryAdd(operation, (message.Id, message.Type.Name)) && _ends[operation].Message != message.Id)
        {
            throw new ViolationException($"operation {operation} has two terminal events: {_ends[operation].Type} and {message.Type.Name}");
        }
    }
}
