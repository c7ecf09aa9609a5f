using System.Text.RegularExpressions;

namespace HvPlatform.Cli.Client.Output;

/// <summary>The platform's advice speaks of the REST API; here it speaks of <c>hv</c>.</summary>
internal static partial class AdviceText
{
    static readonly Dictionary<string, string> s_nouns = new()
    {
        ["vms"] = "vm",
        ["hosts"] = "host",
        ["operations"] = "operation",
        ["migrations"] = "migration",
        ["evacuations"] = "evacuation",
        ["alerts"] = "alert",
        ["api-tokens"] = "token",
        ["grants"] = "grant",
        ["resource-groups"] = "group",
        ["join-tokens"] = "join-token",
        ["agents"] = "agent",
        ["webhooks"] = "webhook",
    };

    /// <summary>Members of requests and the options they are here.</summary>
    static readonly (string Member, string Option)[] s_members =
    [
        ("policy.mode at Auto", "--live and --cold out"), ("settings.newId", "without --keep-id"), ("definitionFile", "--definition"), ("copy false", "--in-place"), ("destinationHostIds", "--to"),
        ("a new Idempotency-Key", "another --idempotency-key"), ("the same Idempotency-Key", "the same --idempotency-key"), ("spec.id", "--id"),
    ];

    public static string Translate(string advice)
    {
        var text = Endpoint().Replace(Until().Replace(advice, "Wait with `hv vm wait $1 --state $2`"), m => Verb(m.Groups["method"].Value, m.Groups["noun"].Value, m.Groups["id"].Value, m.Groups["part"].Value, m.Groups["query"].Value) ?? m.Value);
        return s_members.Aggregate(text, (t, m) => t.Replace(m.Member, m.Option, StringComparison.Ordinal));
    }

    static string? Verb(string method, string noun, string id, string part, string query)
    {
        if (noun == "events")
        {
            return "`hv event watch`";
        }

        if (!s_nouns.TryGetValue(noun, out var kind))
        {
            return null;
        }

        var object_ = id.Length == 0 ? "" : id.StartsWith('{') ? $" {kind.ToUpperInvariant()}" : $" {id}";
        var verb = (part, method, id.Length > 0) switch
        {
            ("", "DELETE", _) => "delete",
            ("", "POST", _) => "create",
            ("", _, true) => "get",
            ("", _, false) => "list",
            ("migrations", _, _) => "migrate",
            ("evacuations", _, _) => "evacuate",
            ("checkpoints", "POST", _) => "checkpoint create",
            ("checkpoints", _, _) => "checkpoint list",
            ("settings", "POST", _) => "set",
            ("kvp", _, _) => "kvp list",
            ("maintenance", _, _) => "maintenance",
            _ => part,
        };
        var rest = (part, method) switch
        {
            ("maintenance", "DELETE") => " --end",
            _ when query.StartsWith("?search", StringComparison.Ordinal) => " --search TEXT",
            _ => "",
        };
        return $"`hv {kind} {verb}{object_}{rest}`";
    }

    [GeneratedRegex(@"Ask GET /v1/vms/([0-9a-f-]{36}) until it is ([A-Z][A-Za-z]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Until();

    [GeneratedRegex(@"((?<method>GET|POST|PUT|PATCH|DELETE) )?/v1/(?<noun>[a-z-]+)(/(?<id>\{[a-zA-Z]+\}|[0-9a-f-]{36}))?(/(?<part>[a-z-]+))?(?<query>\?[^\s;,]+)?", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Endpoint();
}
