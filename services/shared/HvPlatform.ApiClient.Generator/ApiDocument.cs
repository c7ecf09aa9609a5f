using System.Text.Json;

namespace HvPlatform.ApiClient.Generator;

/// <summary>What a client needs of an OpenAPI 3.1 document: named schemas and operations.</summary>
/// <param name="Schemas">By name, in the document's order.</param>
/// <param name="Operations">In the document's order.</param>
internal sealed record ApiDocument(IReadOnlyDictionary<string, JsonElement> Schemas, IReadOnlyList<ApiOperation> Operations)
{
    static readonly string[] s_methods = ["get", "post", "put", "patch", "delete"];

    /// <exception cref="FormatException">An operation has no id, or one that another has.</exception>
    public static ApiDocument Parse(string json)
    {
        var root = JsonDocument.Parse(json).RootElement;
        var schemas = new Dictionary<string, JsonElement>();
        if (root.TryGetProperty("components", out var components) && components.TryGetProperty("schemas", out var named))
        {
            foreach (var schema in named.EnumerateObject())
            {
                schemas.Add(schema.Name, schema.Value);
            }
        }

        var operations = new List<ApiOperation>();
        foreach (var path in root.GetProperty("paths").EnumerateObject())
        {
            var shared = Parameters(path.Value);
            foreach (var method in path.Value.EnumerateObject().Where(m => s_methods.Contains(m.Name)))
            {
                operations.Add(ApiOperation.Parse(method.Name.ToUpperInvariant(), path.Name, method.Value, shared));
            }
        }

        var twice = operations.GroupBy(o => o.Id).FirstOrDefault(g => g.Count() > 1);
        return twice is null ? new(schemas, operations) : throw new FormatException($"operationId '{twice.Key}' is used {twice.Count()} times.");
    }

    public static IReadOnlyList<ApiParameter> Parameters(JsonElement holder) => !holder.TryGetProperty("parameters", out var list) ? [] :
    [
        .. list.EnumerateArray().Select(p => new ApiParameter(
            p.GetProperty("name").GetString()!, p.GetProperty("in").GetString()!, p.GetProperty("schema"),
            p.TryGetProperty("description", out var text) ? text.GetString() : null)),
    ];
}

/// <summary>A parameter of an operation.</summary>
/// <param name="Name">As it is sent.</param>
/// <param name="In">path, query or header.</param>
/// <param name="Schema">Its schema.</param>
/// <param name="Description">One sentence, or null.</param>
internal sealed record ApiParameter(string Name, string In, JsonElement Schema, string? Description);

/// <summary>One method of one path.</summary>
/// <param name="Id">Its <c>operationId</c>.</param>
/// <param name="Method">GET, POST, ….</param>
/// <param name="Path">With <c>{name}</c> for parameters.</param>
/// <param name="Summary">One sentence, or null.</param>
/// <param name="Parameters">Path parameters first.</param>
/// <param name="Body">The schema of its JSON body, or null.</param>
/// <param name="Answers">The different schemas of its JSON answers of 2xx; empty if it answers without a body.</param>
/// <param name="IsStream">It answers with server-sent events.</param>
internal sealed record ApiOperation(
    string Id, string Method, string Path, string? Summary, IReadOnlyList<ApiParameter> Parameters, JsonElement? Body, IReadOnlyList<JsonElement> Answers, bool IsStream)
{
    public static ApiOperation Parse(string method, string path, JsonElement operation, IReadOnlyList<ApiParameter> shared)
    {
        var id = operation.TryGetProperty("operationId", out var text) ? text.GetString()! : throw new FormatException($"{method} {path} has no operationId.");
        var own = ApiDocument.Parameters(operation);
        ApiParameter[] parameters = [.. shared.Where(s => own.All(o => o.Name != s.Name)), .. own];
        var good = operation.GetProperty("responses").EnumerateObject().Where(r => r.Name.StartsWith('2')).Select(r => r.Value).ToList();
        return new(
            id, method, path, operation.TryGetProperty("summary", out var summary) ? summary.GetString() : null,
            [.. parameters.OrderBy(p => p.In switch { "path" => 0, "query" => 1, _ => 2 })],
            operation.TryGetProperty("requestBody", out var body) ? Content(body, "application/json") : null,
            [.. good.Select(r => Content(r, "application/json")).OfType<JsonElement>().DistinctBy(s => s.GetRawText())],
            good.Any(r => Content(r, "text/event-stream") is not null));
    }

    static JsonElement? Content(JsonElement holder, string type) =>
        holder.TryGetProperty("content", out var content) && content.TryGetProperty(type, out var media) && media.TryGetProperty("schema", out var schema) ? schema : null;
}
