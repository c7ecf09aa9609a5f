using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Access;

namespace HvPlatform.Orchestrator.Http;

/// <summary>What the headers of a mutating request say: who asks, why, under which key, and which copy it has seen.</summary>
internal sealed record CommandHeaders
{
    public const string RequestedByHeader = "X-Requested-By";
    public const string ReasonHeader = "X-Reason";
    public const string IdempotencyKeyHeader = "Idempotency-Key";

    static readonly HeaderParameter s_key = new(IdempotencyKeyHeader, "Makes a repeat safe: the same key with the same request gives the first answer, for 24 hours. At most 200 printable ASCII characters.");
    static readonly HeaderParameter s_by = new(RequestedByHeader, "On whose behalf a caller asks that may do everything, for the history: 'NAME (via CALLER)'. Of others it is not looked at. At most 200 characters.");
    static readonly HeaderParameter s_reason = new(ReasonHeader, "Why, for the history. At most 1000 characters.");
    static readonly HeaderParameter s_match = new("If-Match", "Only if the resource still has this ETag; else 412.");

    /// <summary>Of commands to what has a version.</summary>
    public static IReadOnlyList<HeaderParameter> Parameters { get; } = [s_key, s_by, s_reason, s_match];

    /// <summary>Of what makes something new.</summary>
    public static IReadOnlyList<HeaderParameter> OfNew { get; } = [s_key, s_by, s_reason];

    /// <summary>Of what changes or removes what has a version, and can be repeated without harm.</summary>
    public static IReadOnlyList<HeaderParameter> OfChange { get; } = [s_by, s_reason, s_match];

    /// <summary>Of what removes something that has no version.</summary>
    public static IReadOnlyList<HeaderParameter> OfRemoval { get; } = [s_by, s_reason];

    public required string RequestedBy { get; init; }

    /// <summary>Whose Idempotency-Key it is: names may be alike, this is not.</summary>
    public required string Owner { get; init; }

    public string? Reason { get; init; }

    public string? IdempotencyKey { get; init; }

    public string? IfMatch { get; init; }

    static string RequestedByOf(Caller caller, string? behalfOf) => behalfOf is not null && caller.MaySpeakForOthers ? $"{behalfOf} (via {caller.InHistory})" : caller.InHistory;

    public Trail Trail(DateTimeOffset now) => new() { RequestedBy = RequestedBy, Reason = Reason, RequestedAt = now, IdempotencyKey = IdempotencyKey };

    public static Outcome<CommandHeaders> Read(HttpContext http)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        string? One(string name, int maxLength, bool asciiOnly = false)
        {
            var value = http.Request.Headers[name];
            var text = value.ToString().Trim();
            if (value.Count > 1)
            {
                errors[name] = [string.Create(CultureInfo.InvariantCulture, $"must be given once, found {value.Count} times")];
            }
            else if (text.Length > maxLength)
            {
                errors[name] = [string.Create(CultureInfo.InvariantCulture, $"must be at most {maxLength} characters, found {text.Length}")];
            }
            else if (text.Any(char.IsControl) || (asciiOnly && text.Any(c => c is < ' ' or > '~')))
            {
                errors[name] = ["must be printable characters"];
            }
            else if (value.Count == 1 && text.Length == 0 && asciiOnly)
            {
                errors[name] = ["must not be empty"];
            }

            return text.Length == 0 ? null : text;
        }

        var caller = http.Caller();
        var behalfOf = One(RequestedByHeader, 200);
        var headers = new CommandHeaders
        {
            RequestedBy = RequestedByOf(caller, behalfOf),
            Owner = behalfOf is not null && caller.MaySpeakForOthers ? $"{caller.Subject} {behalfOf}" : caller.Subject,
            Reason = One(ReasonHeader, 1000),
            IdempotencyKey = One(IdempotencyKeyHeader, 200, asciiOnly: true),
            IfMatch = http.Request.Headers.IfMatch.ToString() is { Length: > 0 } tags ? tags : null,
        };
        if (errors.Count == 0)
        {
            return headers;
        }

        return Refusals.Of(ErrorKind.Validation, "invalid-header", $"Header {string.Join(" and ", errors.Select(e => $"'{e.Key}' {e.Value[0]}"))}.", "Correct the headers listed under errors.") with
        { Fields = errors };
    }
}
