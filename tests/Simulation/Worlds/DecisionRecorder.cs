using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.MigrationSaga.MigrateVm;

namespace HvPlatform.Simulation.Worlds;

/// <summary>
/// Writes what the saga was told and what it decided, one file per migration, one line per message:
/// <c>{ at, type, body, phaseAfter, ignored, effects: [{ kind, type, body, … }] }</c>. The conformance test gives the same to the real state machine.
/// </summary>
sealed class DecisionRecorder(string folder, int seed)
{
    static readonly JsonSerializerOptions s_options = HvJson.Options;

    readonly Dictionary<OperationId, int> _numbers = [];

    public void Decided(object message, DateTimeOffset now, Decision decision)
    {
        if (!_numbers.TryGetValue(decision.State.OperationId, out var number))
        {
            _numbers[decision.State.OperationId] = number = _numbers.Count + 1;
            Directory.CreateDirectory(folder);
            File.Delete(PathOf(number));
        }

        var line = new
        {
            at = now,
            type = message.GetType().Name,
            body = Element(message),
            phaseAfter = decision.State.Phase.ToString(),
            ignored = decision.Ignored is not null,
            effects = decision.Effects.Select(Effect),
        };
        File.AppendAllText(PathOf(number), JsonSerializer.Serialize(line, s_options) + "\n");
    }

    static object Effect(Effect effect) => effect switch
    {
        SendToHost e => new { kind = "sendToHost", host = (string?)e.Host.ToString(), type = (string?)e.Command.GetType().Name, body = Element(e.Command) },
        SendToOrchestrator e => new { kind = "sendToOrchestrator", type = e.Request.GetType().Name, body = Element(e.Request) },
        PublishFact e => new { kind = "publish", type = e.Fact.GetType().Name, body = Element(e.Fact) },
        ArmTimer e => new { kind = "armTimer", timer = e.Timer, dueAt = e.DueAt },
        _ => new { kind = "disarmTimer" },
    };

    static JsonElement Element(object value) => JsonSerializer.SerializeToElement(value, value.GetType(), s_options);

    string PathOf(int number) => Path.Combine(folder, $"seed-{seed}-migration-{number:D3}.jsonl");
}
