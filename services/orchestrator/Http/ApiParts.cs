using System.Globalization;
using System.Text.Json.Nodes;
using HvPlatform.Orchestrator.Access;
using Microsoft.OpenApi;

namespace HvPlatform.Orchestrator.Http;

/// <summary>What many endpoints share in the API document: security schemes, tags, headers, examples of problems, and what can be said of an endpoint by its parameters.</summary>
internal static class ApiParts
{
    /// <summary>The golden problem documents: docs/problems.json.</summary>
    static readonly IReadOnlyList<JsonObject> ProblemExamples = ReadProblems();

    static readonly IReadOnlyDictionary<string, string> Tags = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["Access"] = "Who asks, and what they may do: sessions, tokens, roles, groups, audit.",
        ["Agents"] = "Join tokens, and the host-agents that have joined with one.",
        ["Alerts"] = "What someone should look at.",
        ["Evacuations"] = "Empty a host, with a plan, limits and a report.",
        ["Events"] = "The history as it happens, as server-sent events.",
        ["Exports"] = "Export VMs into directories of their hosts, and make VMs of exports.",
        ["Fleet"] = "The whole fleet: in figures, and compared at two instants.",
        ["Hosts"] = "Hosts as the inventory knows them, their history and figures, and maintenance.",
        ["Migrations"] = "Move VMs between hosts: live, cold, with their storage.",
        ["Operations"] = "Every accepted request, until it has ended and ever after.",
        ["VMs"] = "VMs as the inventory knows them, what their hosts say of them now, and everything that can be asked of them.",
        ["Webhooks"] = "Events sent to other systems, signed.",
    };

    static readonly IReadOnlyDictionary<string, string> Headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["ETag"] = "The tag of this copy, for If-None-Match and If-Match.",
        ["Idempotency-Replayed"] = "true if this is the first answer to the same Idempotency-Key again.",
        ["Location"] = "Where what was accepted or made is found.",
        ["RateLimit-Limit"] = "Requests per minute this caller may make.",
        ["RateLimit-Remaining"] = "Requests it may make right now.",
        ["RateLimit-Reset"] = "Seconds until it may make as many as ever.",
        ["Retry-After"] = "Seconds until asking again may help.",
    };

    const string NotFound = "-not-found";

    static readonly string[] EveryAnswer = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];

    /// <summary>In words what an endpoint's parameters mean for it.</summary>
    public static string DescriptionOf(string? method, KnownParameters? known, OpenApiOperation operation)
    {
        bool Has(string name) => known?.Query.Any(q => q.Name == name) == true;
        var text = new List<string> { operation.Summary ?? "" };
        if (operation.Responses?.ContainsKey("202") == true)
        {
            text.Add("The answer is 202 as soon as the request is accepted; what became of it is found at Location. A refused request changes nothing.");
            text.Add("With an Idempotency-Key it is safe to send it again.");
        }

        if (Has("cursor"))
        {
            text.Add("The list is paged by key: pass nextCursor as cursor, with the same other parameters, for the next page; items that come and go neither shift nor repeat the others.");
        }

        if (Has("asOf"))
        {
            text.Add("With asOf the answer is the one of that instant, and carries it.");
        }

        if (method == "GET" && known is not null && operation.Responses?.ContainsKey("200") == true && !IsStream(operation))
        {
            text.Add("Where the answer has an ETag, If-None-Match spares sending it again.");
        }

        return string.Join(' ', text.Where(t => t.Length > 0));
    }

    /// <summary>The headers of an endpoint's answers, and 304 for a read.</summary>
    public static void AddHeaders(OpenApiOperation operation, string? method, OpenApiDocument document)
    {
        foreach (var (status, answer) in operation.Responses ?? [])
        {
            if (answer is OpenApiResponse response)
            {
                string[] own = status switch
                {
                    "200" when method is "GET" or "PUT" or "PATCH" && !IsStream(operation) => ["ETag"],
                    "201" => ["Location", "Idempotency-Replayed"],
                    "302" => ["Location"],
                    "202" => ["Location", "Idempotency-Replayed"],
                    "429" or "503" => ["Retry-After"],
                    _ => [],
                };
                response.Headers = Of([.. own, .. status[0] == '2' ? EveryAnswer : []], document);
            }
        }

        if (method == "GET" && !IsStream(operation) && operation.Responses?.ContainsKey("200") == true)
        {
            operation.Responses["304"] = new OpenApiResponse { Description = "The client's copy is the very same.", Headers = Of(["ETag"], document) };
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = "If-None-Match",
                In = ParameterLocation.Header,
                Description = "ETags of copies the client has: 304 without a body if one is the very same.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }
    }

    /// <summary>What every endpoint that wants to know who asks can answer.</summary>
    public static void AddAccessProblems(OpenApiOperation operation, OpenApiDocument document)
    {
        foreach (var (status, description) in ((string, string)[])[("401", "Unauthorized"), ("403", "Forbidden"), ("429", "Too Many Requests")])
        {
            operation.Responses ??= [];
            if (!operation.Responses.ContainsKey(status) && Problems.Types.Values.Any(t => t.Status.ToString(CultureInfo.InvariantCulture) == status))
            {
                operation.Responses[status] = new OpenApiResponse
                {
                    Description = description,
                    Headers = Of(status == "429" ? ["Retry-After"] : [], document),
                    Content = new Dictionary<string, OpenApiMediaType> { [Problems.ContentType] = new() { Schema = new OpenApiSchemaReference(nameof(Problem), document) } },
                };
            }
        }
    }

    /// <summary>The shared components, and references to them.</summary>
    public static void Add(OpenApiDocument document)
    {
        var components = document.Components ??= new OpenApiComponents();
        components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            ["bearer"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "The local token, an API token (hv_…), or a JWT of the configured issuer.",
            },
            ["session"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Cookie,
                Name = Sessions.CookieName,
                Description = $"A browser's session (POST /v1/session). Requests that change something also carry {Authenticator.CsrfHeader}: {Authenticator.CsrfValue}.",
            },
        };
        document.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("bearer", document)] = [] },
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("session", document)] = [] },
        ];
        components.Headers = Headers.ToDictionary(
            h => h.Key,
            h => (IOpenApiHeader)new OpenApiHeader
            {
                Description = h.Value,
                Schema = new OpenApiSchema { Type = h.Key.StartsWith("Rate", StringComparison.Ordinal) || h.Key == "Retry-After" ? JsonSchemaType.Integer : JsonSchemaType.String },
            });
        components.Examples = ProblemExamples.ToDictionary(
            p => (string)p["code"]!, p => (IOpenApiExample)new OpenApiExample { Summary = (string)p["title"]!, Value = p.DeepClone() });

        var used = ApiSchemas.Operations(document).SelectMany(o => o.Tags ?? new HashSet<OpenApiTagReference>()).Select(t => t.Reference.Id!).ToHashSet();
        document.Tags = new HashSet<OpenApiTag>(Tags.Where(t => used.Contains(t.Key)).Select(t => new OpenApiTag { Name = t.Key, Description = t.Value }));
        foreach (var (path, item) in document.Paths)
        {
            foreach (var (_, operation) in item.Operations ?? [])
            {
                AddProblemExamples(path, operation, document);
            }
        }
    }

    static void AddProblemExamples(string path, OpenApiOperation operation, OpenApiDocument document)
    {
        foreach (var (status, response) in operation.Responses ?? [])
        {
            if (response.Content?.TryGetValue(Problems.ContentType, out var content) == true)
            {
                content.Examples = ProblemExamples.Where(p => p["status"]!.ToString() == status && IsAbout(path, (string)p["code"]!))
                    .ToDictionary(p => (string)p["code"]!, p => (IOpenApiExample)new OpenApiExampleReference((string)p["code"]!, document));
            }
        }
    }

    /// <summary>Whether a problem of what is not found can come from a path: vm-not-found from /v1/vms/….</summary>
    static bool IsAbout(string path, string code) => !code.EndsWith(NotFound, StringComparison.Ordinal) || path.Contains($"/{code[..^NotFound.Length]}s", StringComparison.Ordinal);

    /// <summary>The golden document of each code; for a status without one, its first problem type, and each kind of thing that is not found.</summary>
    static List<JsonObject> ReadProblems()
    {
        using var stream = typeof(ApiParts).Assembly.GetManifestResourceStream("problems.json")!;
        var golden = JsonNode.Parse(stream)!.AsArray().Select(p => p!.AsObject()).DistinctBy(p => (string)p["code"]!).ToList();
        var others = Problems.Types.Where(t => !golden.Any(g => t.Key == (string)g["code"]! || (int)g["status"]! == t.Value.Status && !t.Key.EndsWith(NotFound, StringComparison.Ordinal)))
            .DistinctBy(t => t.Key.EndsWith(NotFound, StringComparison.Ordinal) ? t.Key : $"{t.Value.Status}").Select(t => new Problem
            {
                Type = $"urn:hvplatform:problem:{t.Key}",
                Title = t.Value.Title,
                Status = t.Value.Status,
                Detail = $"{t.Value.Title}.",
                Instance = "/v1/…",
                Code = t.Key,
            });
        return [.. golden, .. others.Select(p => JsonNode.Parse(Resources.Serialize(p))!.AsObject())];
    }

    static bool IsStream(OpenApiOperation operation) => operation.Responses?.GetValueOrDefault("200")?.Content?.ContainsKey("text/event-stream") == true;

    static Dictionary<string, IOpenApiHeader> Of(IEnumerable<string> names, OpenApiDocument document) =>
        names.ToDictionary(n => n, n => (IOpenApiHeader)new OpenApiHeaderReference(n, document));
}
