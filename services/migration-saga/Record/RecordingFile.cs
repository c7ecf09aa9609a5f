using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.MigrationSaga.MigrateVm;

namespace HvPlatform.MigrationSaga.Record;

/// <summary>
/// Reads recordings from files: one JSON document (<see cref="MigrationRecording"/>, as the corpus has it), or the simulation's lines
/// <c>{ at, type, body, phaseAfter, effects: [{ kind, type, body, … }] }</c>, one per decision, with an optional first line
/// <c>{ decisionVersion, timings }</c>.
/// </summary>
public static class RecordingFile
{
    /// <summary>The recording in <paramref name="text"/>.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static MigrationRecording Parse(string text)
    {
        try
        {
            using var reader = new StringReader(text);
            return reader.ReadLine() is { } first && IsLine(first)
                ? ParseLines(text)
                : JsonSerializer.Deserialize<MigrationRecording>(text, HvJson.Options) ?? throw new FormatException("The file is empty.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"The file is no recording of a migration: {e.Message}", e);
        }
    }

    static bool IsLine(string first)
    {
        try
        {
            return JsonDocument.Parse(first).RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            // The first line of an indented document.
            return false;
        }
    }

    static MigrationRecording ParseLines(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(l => JsonSerializer.Deserialize<JsonElement>(l)).ToList();
        var head = lines[0].TryGetProperty("type", out _) ? default : lines[0];
        var decided = head.ValueKind == JsonValueKind.Undefined ? lines : lines.Skip(1).ToList();
        var inputs = decided.Select(l => new RecordedInput(l.GetProperty("at").GetDateTimeOffset(), l.GetProperty("type").GetString()!, l.GetProperty("body"))).ToList();
        var begin = inputs.Select(i => i.Type == nameof(BeginMigration) ? i.Body.Deserialize<BeginMigration>(HvJson.Options) : null).FirstOrDefault(b => b is not null);
        return new MigrationRecording
        {
            Operation = inputs[0].Body.GetProperty("operationId").Deserialize<OperationId>(HvJson.Options),
            DecisionVersion = head.ValueKind == JsonValueKind.Object && head.TryGetProperty("decisionVersion", out var version) ? version.GetInt32() : MigrationDecisions.Version,
            Timings = head.ValueKind == JsonValueKind.Object && head.TryGetProperty("timings", out var timings) ? timings.Deserialize<MigrationTimings>(HvJson.Options)! : MigrationTimings.Default,
            Inputs = inputs,
            Decisions = [.. decided.Select(l => DecisionText.Record(
                Enum.Parse<MigrationPhase>(l.GetProperty("phaseAfter").GetString()!),
                begin?.SourceHostId ?? default,
                [.. l.GetProperty("effects").EnumerateArray().Select(Effect)]))],
        };
    }

    static Effect Effect(JsonElement e) => e.GetProperty("kind").GetString() switch
    {
        "sendToHost" => new SendToHost(e.GetProperty("host").Deserialize<HostId>(HvJson.Options), Message(e)),
        "sendToOrchestrator" => new SendToOrchestrator(Message(e)),
        "publish" => new PublishFact(Message(e)),
        "armTimer" => new ArmTimer(e.GetProperty("timer").GetInt64(), e.GetProperty("dueAt").GetDateTimeOffset()),
        _ => new DisarmTimer(),
    };

    static object Message(JsonElement effect)
    {
        var name = effect.GetProperty("type").GetString();
        var type = typeof(OperationId).Assembly.GetExportedTypes().SingleOrDefault(t => t.Name == name) ?? throw new FormatException($"'{name}' is no message of this build.");
        return effect.GetProperty("body").Deserialize(type, HvJson.Options)!;
    }
}
