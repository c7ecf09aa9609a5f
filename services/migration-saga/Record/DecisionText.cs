using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.MigrationSaga.MigrateVm;

namespace HvPlatform.MigrationSaga.Record;

/// <summary>
/// A decision in words: what of it matters, a line per effect. Two decisions with the same words are the same decision. Contracts may gain members
/// without the words changing, so that an old recording stays comparable.
/// </summary>
public static class DecisionText
{
    /// <summary>The decision as it is recorded.</summary>
    public static RecordedDecision Record(Decision decision) => Record(decision.State.Phase, decision.State.SourceHostId, decision.Effects);

    /// <summary>The same of its parts.</summary>
    public static RecordedDecision Record(MigrationPhase phase, HostId source, IReadOnlyList<Effect> effects)
    {
        var lines = effects.Select(e => Line(e, source)).ToList();
        return new RecordedDecision { Phase = phase, Effects = lines, Digest = Digest(phase, lines) };
    }

    /// <summary>16 hexadecimal digits.</summary>
    public static string Digest(MigrationPhase phase, IReadOnlyList<string> effects) => Digest(phase.ToString(), effects);

    /// <summary>16 hexadecimal digits of any saga's decision.</summary>
    internal static string Digest(string phase, IReadOnlyList<string> effects)
    {
        var text = new StringBuilder().Append(phase);
        foreach (var line in effects)
        {
            text.Append('\n').Append(line);
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 8));
    }

    internal static string Line(Effect effect, HostId source) => effect switch
    {
        SendToHost e => $"send {(e.Host == source ? "source" : "destination")} {Command(e.Command)}",
        SendToOrchestrator e => $"send orchestrator {Request(e.Request)}",
        PublishFact e => $"publish {e.Fact.GetType().Name}{Fact(e.Fact)}",
        ArmTimer e => string.Create(CultureInfo.InvariantCulture, $"arm {e.Timer} {e.DueAt.UtcDateTime:yyyy-MM-ddTHH:mm:ss.ffffff}Z"),
        DisarmTimer => "disarm",
        _ => throw new InvalidOperationException($"No words for {effect.GetType().Name}."),
    };

    static string Command(object command)
    {
        var c = (IHostCommand)command;
        var more = command switch
        {
            TransferVm t => $" to {t.MigrationUri}{(t.Policy.BandwidthMiBps is { } most ? $" at most {most} MiB/s" : "")}",
            RestoreMigrationSource { WasRunning: true } => " was running",
            _ => "",
        };
        return $"{command.GetType().Name} {c.Step} epoch {c.Epoch}{more}";
    }

    static string Request(object request) => request switch
    {
        ReserveMigrationCapacity r => $"{nameof(ReserveMigrationCapacity)} {r.MemoryMiB} MiB {r.Vcpus} vcpus",
        _ => request.GetType().Name,
    };

    static string Fact(object fact) => fact switch
    {
        MigrationPhaseChanged f => $" {f.From} -> {f.To}{Code(f.Error)}",
        MigrationInDoubt f => $" unanswered {f.UnansweredHostIds.Count}",
        MigrationRolledBack f => $"{(f.Cancelled ? " cancelled" : "")}{Code(f.Error)}",
        MigrationFailed f => Code(f.Error),
        CancelRejected f => Code(f.Error),
        MigrationForecasted f => $" converges {f.Forecast.Converges?.ToString() ?? "unknown"}",
        MigrationCompleted { LeftOnSource.Count: > 0 } f => $" leaves {f.LeftOnSource.Count} files",
        MigrationResolvedByOperator f => $" {f.Resolution}",
        MigrationResolveRejected f => Code(f.Error),
        _ => "",
    };

    static string Code(ErrorInfo? error) => error is null ? "" : $" {error.Code}";
}
