using System.Net;
using System.Text.Json;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Access;

/// <summary>A platform with a CA that may post to this machine.</summary>
public sealed class MakingPlatform : IAsyncLifetime
{
    public OrchestratorFixture Platform { get; } = new();

    public ValueTask InitializeAsync() => Platform.StartAsync(new() { ["Ca:Directory"] = TemporaryDirectory.Create("hv-repeat-ca-"), ["Webhooks:AllowPrivate"] = "true" });

    public ValueTask DisposeAsync() => Platform.DisposeAsync();
}

/// <summary>Whoever asks again with the same Idempotency-Key, because the answer was lost, makes nothing a second time; a secret is told once all the same.</summary>
public sealed class RepeatedRequestTests(MakingPlatform world) : IClassFixture<MakingPlatform>
{
    const string Header = "Idempotency-Key";

    readonly OrchestratorFixture platform = world.Platform;

    [Fact]
    public async Task What_has_a_secret_is_made_once_and_its_secret_neither_kept_nor_told_again()
    {
        foreach (var (path, table, member, body, other) in new (string, string, string, object, object)[]
        {
            ("/v1/api-tokens", "api_tokens", "token", new { name = "ci", role = "Viewer", groups = new[] { "*" } }, new { name = "cd", role = "Viewer", groups = new[] { "*" } }),
            ("/v1/join-tokens", "join_tokens", "token", new { name = "kvm1" }, new { name = "kvm2" }),
            ("/v1/webhooks", "webhooks", "secret", new { url = "http://127.0.0.1:9/" }, new { url = "http://127.0.0.1:9/other" }),
        })
        {
            // Two of them at the same moment: one makes it, the other finds that it is made.
            var key = $"make {path}";
            var before = await platform.ScalarAsync<long>($"SELECT count(*) FROM {table}");
            var both = await Task.WhenAll(platform.PostAsync(path, body, (Header, key)), platform.PostAsync(path, body, (Header, key)));
            var first = Assert.Single(both, r => r.StatusCode == HttpStatusCode.Created);
            var repeat = Assert.Single(both, r => r.StatusCode != HttpStatusCode.Created);
            var made = JsonSerializer.Deserialize<JsonElement>(await first.Content.ReadAsStringAsync());
            var problem = await OrchestratorFixture.ProblemAsync(repeat, 409, "secret-told-once");
            Assert.Equal("true", repeat.Headers.GetValues("Idempotency-Replayed").Single());
            Assert.Equal(($"{path}/{made.GetProperty("id").GetGuid()}", first.Headers.Location), (problem.GetProperty("found").GetString(), repeat.Headers.Location));
            Assert.Equal(before + 1, await platform.ScalarAsync<long>($"SELECT count(*) FROM {table}"));
            Assert.DoesNotContain(made.GetProperty(member).GetString()!, await platform.ScalarAsync<string>("SELECT string_agg(k::text, ' ') FROM idempotency_keys k"), StringComparison.Ordinal);

            using var reused = await platform.PostAsync(path, other, (Header, key));
            await OrchestratorFixture.ProblemAsync(reused, 422, "idempotency-key-reused");
            using var another = await platform.PostAsync(path, body, (Header, $"{key} again"));
            Assert.Equal(HttpStatusCode.Created, another.StatusCode);
        }
    }

    [Fact]
    public async Task A_grant_is_given_once_and_its_answer_given_again()
    {
        var body = new { subject = "user:ann", group = "*", role = "Viewer" };
        using var first = await platform.PostAsync("/v1/grants", body, (Header, "g"));
        using var again = await platform.PostAsync("/v1/grants", body, (Header, "g"));
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, again.StatusCode));
        Assert.True(JsonElement.DeepEquals(JsonSerializer.Deserialize<JsonElement>(await first.Content.ReadAsStringAsync()), JsonSerializer.Deserialize<JsonElement>(await again.Content.ReadAsStringAsync())));
        Assert.Equal("true", again.Headers.GetValues("Idempotency-Replayed").Single());
        using var without = await platform.PostAsync("/v1/grants", body);
        await OrchestratorFixture.ProblemAsync(without, 409, "grant-exists");
    }

    [Fact]
    public async Task A_webhooks_secret_is_replaced_once_and_a_test_sent_once()
    {
        using var created = await platform.PostAsync("/v1/webhooks", new { url = "http://127.0.0.1:9/" });
        var id = JsonSerializer.Deserialize<JsonElement>(await created.Content.ReadAsStringAsync()).GetProperty("id").GetGuid();
        using var replaced = await platform.PostAsync($"/v1/webhooks/{id}/secret", null, (Header, "s"));
        var secret = JsonSerializer.Deserialize<JsonElement>(await replaced.Content.ReadAsStringAsync()).GetProperty("secret").GetString();
        using var again = await platform.PostAsync($"/v1/webhooks/{id}/secret", null, (Header, "s"));
        await OrchestratorFixture.ProblemAsync(again, 409, "secret-told-once");
        Assert.Equal(secret, await platform.ScalarAsync<string>($"SELECT secret FROM webhooks WHERE id = '{id}'"));

        using var test = await platform.PostAsync($"/v1/webhooks/{id}/test", null, (Header, "t"));
        using var repeat = await platform.PostAsync($"/v1/webhooks/{id}/test", null, (Header, "t"));
        var delivery = JsonSerializer.Deserialize<JsonElement>(await test.Content.ReadAsStringAsync()).GetProperty("id").GetGuid();
        Assert.Equal((HttpStatusCode.Accepted, delivery), (repeat.StatusCode, JsonSerializer.Deserialize<JsonElement>(await repeat.Content.ReadAsStringAsync()).GetProperty("id").GetGuid()));
        Assert.Equal(1, await platform.ScalarAsync<long>($"SELECT count(*) FROM webhook_deliveries WHERE webhook_id = '{id}' AND type = 'webhook_test'"));
    }
}
