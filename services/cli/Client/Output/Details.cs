using System.Text.Json;
using HvPlatform.ApiClient;

namespace HvPlatform.Cli.Client.Output;

/// <summary>One resource in lines for a person: only what there is to say.</summary>
internal static class Details
{
    const int Indent = 2;

    /// <summary>Every member of a resource: name and value in two columns, parts of parts indented. Links of the API and versions are left out.</summary>
    public static IEnumerable<string> Of(JsonElement json, int depth = 0)
    {
        var members = json.EnumerateObject().Where(m => !m.Name.EndsWith("Url", StringComparison.Ordinal) && m.Name is not ("url" or "version" or "epoch") && !IsEmpty(m.Value)).ToList();
        var indent = new string(' ', Indent * depth);
        var width = members.Count == 0 ? 0 : members.Max(m => Title(m.Name).Length) + 2;
        foreach (var member in members)
        {
            var title = $"{indent}{Title(member.Name)}:";
            switch (member.Value.ValueKind)
            {
                case JsonValueKind.Object:
                    yield return title;
                    foreach (var line in Of(member.Value, depth + 1))
                    {
                        yield return line;
                    }

                    break;
                case JsonValueKind.Array when member.Value[0].ValueKind == JsonValueKind.Object:
                    yield return title;
                    foreach (var item in member.Value.EnumerateArray())
                    {
                        var lines = Of(item, depth + 2).ToList();
                        yield return $"{new string(' ', Indent * (depth + 1))}- {lines.FirstOrDefault("").TrimStart()}";
                        foreach (var line in lines.Skip(1))
                        {
                            yield return line;
                        }
                    }

                    break;
                case JsonValueKind.Array:
                    yield return $"{title.PadRight(indent.Length + width)}{string.Join(", ", member.Value.EnumerateArray().Select(v => v.ToString()))}";
                    break;
                default:
                    var text = member.Value.ValueKind is JsonValueKind.True ? "yes" : member.Value.ValueKind is JsonValueKind.False ? "no" : member.Value.ToString();
                    yield return title.PadRight(indent.Length + width) + text.ReplaceLineEndings("\n" + new string(' ', indent.Length + width));
                    break;
            }
        }
    }

    public static IEnumerable<string> Of(MigrationView m)
    {
        yield return $"{m.Id}  {m.VmName}  {m.SourceHostName} -> {m.DestinationHostName}  {m.Status}, {m.Phase}";
        (string What, string Text)[] facts =
        [
            ("asked", $"{Words.At(m.Trail.RequestedAt)} by {m.Trail.RequestedBy}{(m.Trail.Reason is { } reason ? $" ({reason})" : "")}"),
            ("waits", m.Waiting?.Reason ?? ""),
            ("forecast", m.Forecast?.Verdict ?? ""),
            ("progress", m is { Progress: { } p, FinishedAt: null } ? $"{Words.Number(p.Percent, "F1")} %, round {p.Round}{(Words.Left(p.EtaP10Ms, p.EtaP90Ms) is { Length: > 0 } left ? $", {left} left" : "")}" : ""),
            ("bandwidth", m.GrantedBandwidthMiBps is { } share ? $"{share} MiB/s granted" : ""),
            ("in doubt", m.Doubt is { } doubt ? $"{doubt.Unknown} Since {Words.At(doubt.Since)}." : ""),
            .. m.Doubt?.UnansweredHosts.Select(h => ("no answer", $"{h.Name} ({h.Id}), last seen {Words.At(h.LastSeenAt)}")) ?? [],
            ("resolution", m.Resolution is { } word ? $"{word.Resolution} by {word.Trail.RequestedBy} ({word.Trail.Reason}), {(word.Rejected is { } no ? $"rejected: {no.Message}" : word.AppliedAt is null ? "asked for" : "applied")}" : ""),
            ("took", m.TotalMs is { } total ? $"{total} ms, guest paused {(m.DowntimeMs is { } pause ? $"{pause} ms" : "unknown")}" : ""),
            ("phases", string.Join(", ", m.Phases.Zip(m.Phases.Skip(1), (phase, next) => $"{phase.Phase} {Words.Ms((long)(next.EnteredAt - phase.EnteredAt).TotalMilliseconds)}"))),
            ("left behind", string.Join(", ", m.LeftOnSource ?? [])),
        ];
        foreach (var (what, text) in facts.Where(f => f.Text.Length > 0))
        {
            yield return $"  {what,-12} {text}";
        }

        foreach (var line in m.Error is null ? [] : ErrorText.Of(m.Error))
        {
            yield return line;
        }
    }

    public static string Line(EvacuationView e) =>
        $"{e.Id}  {e.HostName}  {e.Status}: {e.Moved}/{e.Total} moved, {e.Moving} moving, {e.Waiting} waiting, {e.Failed} failed{(e.EtaMs is { } left && e.EndedAt is null ? $", about {Words.Ms(left)} left" : "")}{(e.Blocked is { } why ? $"; {why.Message}" : "")}";

    static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.String => value.GetString()!.Length == 0,
        _ => false,
    };

    /// <summary><c>memoryMiB</c> → <c>memory MiB</c>, <c>cpuCount</c> → <c>cpu count</c>.</summary>
    static string Title(string name)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            var starts = char.IsUpper(name[i]) && i > 0 && !char.IsUpper(name[i - 1]) && !(name[i..] is ['B', ..] && name[i - 1] == 'i');
            text.Append(starts ? " " : "").Append(starts && !(i + 1 < name.Length && name[i..].StartsWith("MiB", StringComparison.Ordinal)) ? char.ToLowerInvariant(name[i]) : name[i]);
        }

        return text.ToString();
    }
}
