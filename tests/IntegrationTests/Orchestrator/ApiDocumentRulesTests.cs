using System.Text.Json;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>Rules that every endpoint keeps, read off the API's own description: whoever adds one is told here what it lacks.</summary>
public sealed class ApiDocumentRulesTests(OrchestratorFixture fixture) : IClassFixture<OrchestratorFixture>
{
    /// <summary>POSTs without an Idempotency-Key: a repeat does no harm, or a join token is what makes it one.</summary>
    static readonly string[] NeedNoKey = ["StartSession", "JoinAgent", "RenewAgent", "ClaimHosts"];

    /// <summary>Commands below a resource that has an ETag which do not change it.</summary>
    static readonly string[] LeaveItAsItIs = ["TestWebhook", "RedeliverWebhookDelivery"];

    /// <summary>Lists that are short and sent whole.</summary>
    static readonly string[] SentWhole = ["/v1/webhooks", "/v1/api-tokens", "/v1/grants", "/v1/resource-groups", "/v1/join-tokens", "/v1/agents"];

    /// <summary>Reads that can answer for a moment in the past.</summary>
    static readonly string[] HaveAPast =
    [
        "/v1/fleet", "/v1/vms", "/v1/vms/{id}", "/v1/hosts", "/v1/hosts/{id}", "/v1/operations", "/v1/operations/{id}", "/v1/migrations", "/v1/migrations/{id}", "/v1/evacuations",
        "/v1/evacuations/{id}",
    ];

    static readonly string[] Methods = ["get", "post", "put", "patch", "delete"];

    [Fact]
    public async Task Every_endpoint_is_described_and_has_examples()
    {
        var document = await fixture.GetAsync("/openapi/v1.json");
        var lacks = new List<string>();
        foreach (var (name, operation) in Operations(document))
        {
            void Needs(bool found, string what)
            {
                if (!found)
                {
                    lacks.Add($"{name}: {what}");
                }
            }

            Needs(operation.GetProperty("description").GetString()!.Length > 20, "a description");
            Needs(operation.GetProperty("tags").GetArrayLength() == 1, "one tag");
            foreach (var parameter in Parameters(operation))
            {
                Needs(parameter.TryGetProperty("description", out _), $"what parameter {parameter.GetProperty("name")} is");
            }

            Needs(!operation.TryGetProperty("requestBody", out var body) || Contents(body).All(c => c.TryGetProperty("example", out _)), "an example of the body");
            foreach (var response in operation.GetProperty("responses").EnumerateObject())
            {
                foreach (var content in response.Value.TryGetProperty("content", out var contents) ? contents.EnumerateObject() : default)
                {
                    if (content.Name is "application/json" or "application/problem+json")
                    {
                        Needs(content.Value.TryGetProperty("example", out _) || content.Value.TryGetProperty("examples", out _), $"an example of {response.Name}");
                        Needs(content.Value.GetProperty("schema").TryGetProperty("$ref", out _), $"a named schema of {response.Name}");
                    }
                }
            }
        }

        Assert.True(lacks.Count == 0, string.Join('\n', lacks));
        var used = Operations(document).Select(o => o.Operation.GetProperty("tags")[0].GetString()).Distinct();
        var described = document.GetProperty("tags").EnumerateArray().Where(t => t.GetProperty("description").GetString()!.Length > 0).Select(t => t.GetProperty("name").GetString());
        Assert.Empty(used.Except(described));
    }

    [Fact]
    public async Task Changes_take_an_idempotency_key_lists_are_paged_and_reads_of_the_fleet_have_a_past()
    {
        var document = await fixture.GetAsync("/openapi/v1.json");
        var lacks = new List<string>();
        foreach (var (name, operation) in Operations(document))
        {
            var parameters = Parameters(operation).Select(p => p.GetProperty("name").GetString()!).ToHashSet();
            var id = operation.GetProperty("operationId").GetString()!;
            if ((name.StartsWith("post ", StringComparison.Ordinal) || operation.GetProperty("responses").TryGetProperty("202", out _)) && !parameters.Contains("Idempotency-Key") && !NeedNoKey.Contains(id))
            {
                lacks.Add($"{name} ({id}): Idempotency-Key");
            }

            if (name.StartsWith("get ", StringComparison.Ordinal) && Schema(document, operation) is { } answer && answer.TryGetProperty("properties", out var members)
                && members.TryGetProperty("nextCursor", out _) && !SentWhole.Contains(name[4..]) && !(parameters.Contains("limit") && parameters.Contains("cursor")))
            {
                lacks.Add($"{name}: limit and cursor");
            }

            if (name.StartsWith("get ", StringComparison.Ordinal) && HaveAPast.Contains(name[4..]) && !parameters.Contains("asOf"))
            {
                lacks.Add($"{name}: asOf");
            }
        }

        Assert.True(lacks.Count == 0, string.Join('\n', lacks));
        Assert.All(HaveAPast, path => Assert.True(document.GetProperty("paths").TryGetProperty(path, out _), path));
    }

    [Fact]
    public async Task Changes_of_what_has_an_ETag_take_If_Match_and_no_others_say_so()
    {
        var document = await fixture.GetAsync("/openapi/v1.json");
        var operations = Operations(document).ToDictionary(o => o.Name, o => o.Operation);
        var tagged = operations.Where(o => o.Key.StartsWith("get ", StringComparison.Ordinal) && o.Key.EndsWith('}') && o.Value.GetProperty("responses").GetProperty("200").GetProperty("headers").TryGetProperty("ETag", out _))
            .Select(o => Unnamed(o.Key[4..])).ToHashSet();
        var wrong = new List<string>();
        foreach (var (name, operation) in operations.Where(o => !o.Key.StartsWith("get ", StringComparison.Ordinal)))
        {
            var path = name.Split(' ')[1];
            var resource = Unnamed(string.Join('/', path.Split('/').Take(4)));
            var changes = tagged.Contains(resource) && !LeaveItAsItIs.Contains(operation.GetProperty("operationId").GetString());
            var hears = Parameters(operation).Any(p => p.GetProperty("name").GetString() == "If-Match");
            if (changes != hears || hears != operation.GetProperty("responses").TryGetProperty("412", out _))
            {
                wrong.Add($"{name}: {(changes ? "needs" : "has no use for")} If-Match and 412");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Contains("/v1/vms/{}", tagged);

        static string Unnamed(string path) => System.Text.RegularExpressions.Regex.Replace(path, @"\{[^}]*\}", "{}");
    }

    [Fact]
    public async Task Every_example_is_valid_against_its_schema()
    {
        var document = await fixture.GetAsync("/openapi/v1.json");
        var wrong = new List<string>();
        var count = 0;
        foreach (var (name, operation) in Operations(document))
        {
            var contents = operation.GetProperty("responses").EnumerateObject().SelectMany(r => Contents(r.Value)).Concat(operation.TryGetProperty("requestBody", out var body) ? Contents(body) : []);
            foreach (var content in contents)
            {
                foreach (var example in Examples(document, content))
                {
                    count++;
                    Check(document, content.GetProperty("schema"), example, name, wrong);
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(count > 200, $"only {count} examples were found");
    }

    [Fact]
    public async Task Nothing_is_nullable_and_nothing_is_without_a_name()
    {
        var schemas = (await fixture.GetAsync("/openapi/v1.json")).GetProperty("components").GetProperty("schemas");
        var wrong = new List<string>();
        foreach (var schema in schemas.EnumerateObject())
        {
            foreach (var member in schema.Value.TryGetProperty("properties", out var members) ? members.EnumerateObject() : default)
            {
                if (member.Value.TryGetProperty("oneOf", out _) || (member.Value.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.Array && type.ToString().Contains("null", StringComparison.Ordinal)))
                {
                    wrong.Add($"{schema.Name}.{member.Name} is nullable");
                }

                if (member.Value.TryGetProperty("properties", out _))
                {
                    wrong.Add($"{schema.Name}.{member.Name} has a schema without a name");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Contains("url", schemas.GetProperty("VmSummary").GetProperty("required").EnumerateArray().Select(r => r.GetString()));
    }

    static IEnumerable<(string Name, JsonElement Operation)> Operations(JsonElement document) => document.GetProperty("paths").EnumerateObject()
        .SelectMany(p => p.Value.EnumerateObject().Where(o => Methods.Contains(o.Name)).Select(o => ($"{o.Name} {p.Name}", o.Value)));

    static IEnumerable<JsonElement> Parameters(JsonElement operation) => operation.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray() : [];

    static IEnumerable<JsonElement> Contents(JsonElement holder) => holder.TryGetProperty("content", out var contents) ? contents.EnumerateObject().Select(c => c.Value) : [];

    static IEnumerable<JsonElement> Examples(JsonElement document, JsonElement content)
    {
        if (content.TryGetProperty("example", out var one))
        {
            yield return one;
        }

        foreach (var named in content.TryGetProperty("examples", out var examples) ? examples.EnumerateObject() : default)
        {
            yield return Resolve(document, named.Value).GetProperty("value");
        }
    }

    static JsonElement? Schema(JsonElement document, JsonElement operation) =>
        operation.GetProperty("responses").TryGetProperty("200", out var answer) && answer.TryGetProperty("content", out var content) && content.TryGetProperty("application/json", out var json)
            ? Resolve(document, json.GetProperty("schema"))
            : null;

    static JsonElement Resolve(JsonElement document, JsonElement element)
    {
        while (element.TryGetProperty("$ref", out var reference))
        {
            element = reference.GetString()!.Split('/').Skip(1).Aggregate(document, (found, part) => found.GetProperty(part));
        }

        return element;
    }

    /// <summary>As much of JSON Schema as the document uses. A member that the schema does not know is wrong as well.</summary>
    static void Check(JsonElement document, JsonElement reference, JsonElement value, string at, List<string> wrong)
    {
        var schema = Resolve(document, reference);
        if (schema.TryGetProperty("enum", out var names) && !names.EnumerateArray().Any(n => n.ToString() == value.ToString()))
        {
            wrong.Add($"{at}: {value} is none of {names}");
        }

        var fits = (schema.TryGetProperty("type", out var type) ? type.ToString() : "") switch
        {
            "string" => value.ValueKind == JsonValueKind.String && (!schema.TryGetProperty("format", out var format) || format.GetString() switch
            {
                "uuid" => value.TryGetGuid(out _),
                "date-time" => value.TryGetDateTimeOffset(out _),
                _ => true,
            }),
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "number" => value.ValueKind == JsonValueKind.Number,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "array" => value.ValueKind == JsonValueKind.Array,
            "object" => value.ValueKind == JsonValueKind.Object,
            _ => true,
        };
        if (!fits)
        {
            wrong.Add($"{at}: {value} is not of type {type}");
            return;
        }

        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            foreach (var item in value.EnumerateArray())
            {
                Check(document, items, item, $"{at}[]", wrong);
            }
        }

        if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var members))
        {
            foreach (var member in value.EnumerateObject())
            {
                if (members.TryGetProperty(member.Name, out var known))
                {
                    Check(document, known, member.Value, $"{at}.{member.Name}", wrong);
                }
                else
                {
                    wrong.Add($"{at}.{member.Name} is not in the schema");
                }
            }

            foreach (var required in schema.TryGetProperty("required", out var needed) ? needed.EnumerateArray() : default)
            {
                if (!value.TryGetProperty(required.GetString()!, out _))
                {
                    wrong.Add($"{at}.{required} is missing");
                }
            }
        }
    }
}
