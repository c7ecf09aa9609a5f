using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.MigrationSaga.MigrateVm;
using HvPlatform.MigrationSaga.Record;

namespace HvPlatform.Simulation.Worlds;

/// <summary>
/// Keeps what the saga was told and what it decided, and writes each migration that has ended to a file of its own, as the corpus of recorded
/// migrations has it: the unit tests decide it again, the conformance test tells it to the real state machine.
/// </summary>
sealed class DecisionRecorder(string folder, int seed, MigrationTimings timings)
{
    readonly Dictionary<OperationId, (List<RecordedInput> Inputs, List<RecordedDecision> Decisions)> _kept = [];
    readonly HashSet<OperationId> _over = [];

    /// <summary>A decision that was committed.</summary>
    public void Decided(object message, DateTimeOffset at, Decision decision)
    {
        var operation = decision.State.OperationId;
        if (!_kept.TryGetValue(operation, out var kept))
        {
            _kept[operation] = kept = ([], []);
        }

        kept.Inputs.Add(new RecordedInput(at, message.GetType().Name, JsonSerializer.SerializeToElement(message, message.GetType(), HvJson.Options)));
        kept.Decisions.Add(DecisionText.Record(decision));
        if (decision.State.IsOver)
        {
            _over.Add(operation);
        }
    }

    public void Write()
    {
        var readable = new JsonSerializerOptions(HvJson.Options) { WriteIndented = true };
        Directory.CreateDirectory(folder);
        foreach (var ((operation, kept), number) in _kept.Where(k => _over.Contains(k.Key)).Select((k, i) => (k, i + 1)))
        {
            var recording = new MigrationRecording
            {
                Operation = operation,
                Title = $"simulation, seed {seed}, migration {number}: {kept.Decisions[^1].Phase}",
                DecisionVersion = MigrationDecisions.Version,
                Timings = timings,
                Inputs = kept.Inputs,
                Decisions = kept.Decisions,
            };
            File.WriteAllText(Path.Combine(folder, $"seed-{seed}-migration-{number:D3}.json"), JsonSerializer.Serialize(recording, readable).ReplaceLineEndings("\n") + "\n");
        }
    }
}
