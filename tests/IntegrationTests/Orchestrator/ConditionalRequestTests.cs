using System.Net;
using System.Text.Json;
using HvPlatform.Contracts;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>If-Match at every endpoint that says that it looks at it: a change of something other than what the caller has seen is not made.</summary>
public sealed class ConditionalRequestTests : IAsyncLifetime
{
    readonly OrchestratorFixture platform = new();

    public ValueTask InitializeAsync() => platform.StartAsync(new() { ["Webhooks:AllowPrivate"] = "true" });

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Fact]
    public async Task A_command_for_another_version_than_the_present_one_is_refused_everywhere_and_changes_nothing()
    {
        var resources = await ResourcesAsync();
        var before = await FootprintAsync();
        var tried = 0;
        var wrong = new List<string>();
        foreach (var path in (await platform.GetAsync("/openapi/v1.json")).GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject().Where(o => Hears(o.Value)))
            {
                var resource = resources[path.Name.Split('/')[2]];
                var filled = path.Name.Replace("{hostId}", platform.Alpha.ToString(), StringComparison.Ordinal);
                filled = System.Text.RegularExpressions.Regex.Replace(filled, @"\{[^}]*\}", resource);
                var body = operation.Value.TryGetProperty("requestBody", out var described) ? described.GetProperty("content").GetProperty("application/json").GetProperty("example").GetRawText() : null;
                using var response = await platform.SendAsync(new HttpMethod(operation.Name.ToUpperInvariant()), filled, BodyFor(path.Name, body), ("If-Match", "\"4711\""));
                var text = await response.Content.ReadAsStringAsync();
                if (response.StatusCode != HttpStatusCode.PreconditionFailed || !text.Contains("etag-mismatch", StringComparison.Ordinal))
                {
                    wrong.Add($"{operation.Name} {path.Name}: {(int)response.StatusCode} {text}");
                }

                tried++;
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(tried > 30, $"only {tried} endpoints were tried");
        Assert.Equal(before, await FootprintAsync());
    }

    [Fact]
    public async Task A_webhook_an_agent_and_a_group_are_changed_with_their_present_tag_and_not_with_the_one_before()
    {
        var resources = await ResourcesAsync();
        foreach (var (path, method, body) in new (string, HttpMethod, object?)[]
        {
            ($"/v1/webhooks/{resources["webhooks"]}", HttpMethod.Patch, new { description = "ci" }), ($"/v1/resource-groups/{resources["resource-groups"]}", HttpMethod.Put, new { hosts = new[] { platform.Beta } }),
            ($"/v1/agents/{resources["agents"]}/hosts/{platform.Alpha}", HttpMethod.Put, null),
        })
        {
            var resource = string.Join('/', path.Split('/')[..4]);
            using var seen = await platform.Http.GetAsync(resource);
            var tag = seen.Headers.ETag!.ToString();
            using var changed = await platform.SendAsync(method, path, body, ("If-Match", tag));
            Assert.True(changed.StatusCode == HttpStatusCode.OK, await changed.Content.ReadAsStringAsync());
            using var late = await platform.SendAsync(method, path, body, ("If-Match", tag));
            var problem = await OrchestratorFixture.ProblemAsync(late, 412, "etag-mismatch");
            using var now = await platform.Http.GetAsync(resource);
            Assert.Equal((now.Headers.ETag!.ToString().Split('-')[0].Trim('"'), changed.Headers.ETag), (problem.GetProperty("found").GetString()!.Split('-')[0].Trim('"'), now.Headers.ETag));
        }

        using var missing = await platform.SendAsync(HttpMethod.Put, "/v1/resource-groups/new", new { }, ("If-Match", "*"));
        await OrchestratorFixture.ProblemAsync(missing, 412, "etag-mismatch");
    }

    static bool Hears(JsonElement operation) =>
        operation.TryGetProperty("parameters", out var parameters) && parameters.EnumerateArray().Any(p => p.GetProperty("name").GetString() == "If-Match");

    /// <summary>The example, with what has to be there or is different here.</summary>
    string? BodyFor(string path, string? example) => path switch
    {
        "/v1/vms/{vmId}/migrations" => $$"""{"destinationHostId":"{{platform.Beta}}"}""",
        "/v1/resource-groups/{name}" => "{}",
        "/v1/webhooks/{id}" => """{"paused":true}""",
        _ => example,
    };

    /// <summary>One resource of each kind that has a version, by the first part of its path.</summary>
    async Task<Dictionary<string, string>> ResourcesAsync()
    {
        var exporter = new HostId(Guid.NewGuid());
        await platform.Inventory.AddHostAsync(exporter, "exporter", facets: ["export"]);
        var (moving, exported) = (await platform.AddVmAsync(VmState.Running, memoryMiB: 128), await platform.AddVmAsync(host: exporter));
        var migration = await platform.AcceptedAsync($"/v1/vms/{moving}/migrations", new { destinationHostId = platform.Beta });
        var export = await platform.AcceptedAsync($"/v1/vms/{exported}/export", new { directory = "/exports/x" });
        var evacuation = await platform.AcceptedAsync($"/v1/hosts/{platform.Small}/evacuations", new { });
        using var hook = await platform.PostAsync("/v1/webhooks", new { url = "http://127.0.0.1:9/" });
        using var group = await platform.SendAsync(HttpMethod.Put, "/v1/resource-groups/lab", new { hosts = new[] { platform.Alpha } });
        var agent = await platform.ScalarAsync<Guid>(
            "INSERT INTO agents (id, host_name, joined_at, certificate_expires_at, seen_at, at_broker) VALUES (gen_random_uuid(), 'kvm1', now(), now() + interval '1 day', now(), true) RETURNING id");
        return new()
        {
            ["vms"] = (await platform.AddVmAsync()).ToString(),
            ["hosts"] = platform.Beta.ToString(),
            ["migrations"] = migration.GetProperty("id").GetString()!,
            ["operations"] = export.GetProperty("id").GetString()!,
            ["evacuations"] = evacuation.GetProperty("id").GetString()!,
            ["webhooks"] = JsonSerializer.Deserialize<JsonElement>(await hook.Content.ReadAsStringAsync()).GetProperty("id").GetString()!,
            ["resource-groups"] = "lab",
            ["agents"] = agent.ToString(),
        };
    }

    async Task<string> FootprintAsync()
    {
        var more = await platform.ScalarAsync<string>(
            """
            SELECT concat_ws(' ', (SELECT count(*) FROM host_maintenance), (SELECT count(*) FROM evacuations), (SELECT string_agg(w::text, ' ') FROM webhooks w),
                                  (SELECT string_agg(a::text, ' ') FROM agents a), (SELECT string_agg(g::text, ' ') FROM group_hosts g))
            """);
        return $"{await platform.FootprintAsync()} {more}";
    }
}
