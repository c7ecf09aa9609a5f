using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;

namespace HvPlatform.Orchestrator.Http;

/// <summary>Reads an endpoint's query parameters, collects everything wrong with them, and tells it at once.</summary>
internal sealed class QueryReader(HttpContext http)
{
    readonly SortedDictionary<string, string[]> errors = new(StringComparer.Ordinal);

    /// <summary>What is wrong with the parameters read so far; null if nothing is.</summary>
    public Refusal? Refusal => errors.Count == 0
        ? null
        : Refusals.Of(ErrorKind.Validation, "invalid-parameter", $"Query parameter {string.Join(" and ", errors.Select(e => $"'{e.Key}' {e.Value[0]}"))}.",
            "Correct the parameters listed under errors.") with
        { Fields = errors };

    public string? Text(string name, int maxLength = 200)
    {
        var value = http.Request.Query[name].ToString();
        if (value.Length == 0)
        {
            return null;
        }

        if (value.Length > maxLength || value.Contains('\0', StringComparison.Ordinal))
        {
            Wrong(name, string.Create(CultureInfo.InvariantCulture, $"must be at most {maxLength} characters without NUL, found {value.Length}"));
            return null;
        }

        return value;
    }

    public int Int(string name, int fallback, int min, int max)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        Wrong(name, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}, found '{text}'"));
        return fallback;
    }

    public long? Long(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return value;
        }

        Wrong(name, $"must be a whole number, found '{text}'");
        return null;
    }

    public bool? Bool(string name) => Text(name) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        var other => Wrong<bool?>(name, $"must be true or false, found '{other}'"),
    };

    public Guid? Guid(string name) => Text(name) is not { } text ? null
        : System.Guid.TryParse(text, out var value) ? value
        : Wrong<Guid?>(name, $"must be a UUID, found '{text}'");

    /// <summary>An RFC 3339 instant; one without an offset is taken as UTC.</summary>
    public DateTimeOffset? Instant(string name) => Text(name) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var value) ? value
        : Wrong<DateTimeOffset?>(name, $"must be an instant such as 2026-01-31T12:00:00Z, found '{text}'");

    /// <summary>Names of an enum, separated by commas; empty if the parameter is absent.</summary>
    public IReadOnlyList<string> Names<TEnum>(string name)
        where TEnum : struct, Enum => Names(name, Enum.GetNames<TEnum>());

    /// <summary>Some of the given names, separated by commas, in the spelling given here; empty if the parameter is absent.</summary>
    public IReadOnlyList<string> Names(string name, IReadOnlyList<string> allowed)
    {
        var found = new List<string>();
        foreach (var part in (Text(name, 1000) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (allowed.FirstOrDefault(a => string.Equals(a, part, StringComparison.OrdinalIgnoreCase)) is { } known)
            {
                found.Add(known);
            }
            else
            {
                Wrong(name, $"must be {string.Join(", ", allowed)}, found '{part}'");
            }
        }

        return found;
    }

    public void Wrong(string name, string wrong) => errors[name] = [wrong];

    T? Wrong<T>(string name, string wrong)
    {
        Wrong(name, wrong);
        return default;
    }
}
