using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.Contracts.History;
using HvPlatform.Events;
using HvPlatform.Orchestrator;
using HvPlatform.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.IntegrationTests.Orchestrator;

/// <summary>Events posted to a real HTTP server that takes them, fails, hangs or redirects.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    readonly OrchestratorFixture fixture = new();
    WebhookReceiver receiver = null!;

    static Dictionary<string, string?> Settings { get; } = new()
    {
        ["Webhooks:AllowPrivate"] = "true",
        ["Webhooks:Timeout"] = "00:00:00.5",
        ["Webhooks:FirstRetry"] = "00:00:00.1",
        ["Webhooks:LongestRetry"] = "00:00:00.3",
        ["Webhooks:GiveUpAfter"] = "00:00:02",
        ["Webhooks:PauseAfterDead"] = "2",
        ["Webhooks:Most"] = "3",
    };

    public async ValueTask InitializeAsync()
    {
        await fixture.StartAsync(Settings);
        receiver = await WebhookReceiver.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await receiver.DisposeAsync();
        await fixture.DisposeAsync();
    }

    async Task<IReadOnlyList<long>> AppendAsync(int count, VmId? vm = null)
    {
        var id = vm ?? new VmId(Guid.NewGuid());
        var result = await fixture.Inventory.Events.AppendAsync(new StreamAppend
        {
            StreamId = id.Value,
            StreamType = "vm",
            Events = [.. Enumerable.Range(1, count).Select(i => new NewEvent(new VmMarkedMissing { VmId = id, HostId = fixture.Alpha, Generation = i, ObservedAt = TimeProvider.System.GetUtcNow(), Cause = "test" }))],
        });
        return [.. Enumerable.Range(0, count).Select(i => result.LastSeq - count + 1 + i)];
    }

    async Task<(Guid Id, string Secret)> CreateAsync(object? more = null)
    {
        var body = new Dictionary<string, object> { ["url"] = receiver.Url };
        foreach (var member in more is null ? [] : JsonSerializer.SerializeToElement(more, HvJson.Options).EnumerateObject().ToArray())
        {
            body[member.Name] = member.Value;
        }

        using var response = await fixture.PostAsync("/v1/webhooks", body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Created, text);
        var view = JsonDocument.Parse(text).RootElement;
        return (view.GetProperty("id").GetGuid(), view.GetProperty("secret").GetString()!);
    }

    Task ReceivesAsync(int count, string what) => Eventually.Until(() => receiver.All.Count >= count, what, 20);

    async Task<JsonElement[]> DeliveriesAsync(Guid webhook, string query = "") => [.. (await fixture.GetAsync($"/v1/webhooks/{webhook}/deliveries{query}")).GetProperty("items").EnumerateArray()];

    Task DeliveryIsAsync(Guid webhook, Func<JsonElement, bool> wanted, string what) => Eventually.Until(async () => (await DeliveriesAsync(webhook)).Any(wanted), what, 20, async () => string.Join('\n', await DeliveriesAsync(webhook)));

    [Fact]
    public async Task Events_that_are_wanted_come_signed_in_order_and_once()
    {
        await AppendAsync(3);
        var vm = new VmId(Guid.NewGuid());
        var (id, secret) = await CreateAsync(new { types = new[] { "vm_marked_missing" }, vm });
        await AppendAsync(2);
        var wanted = await AppendAsync(5, vm);

        await ReceivesAsync(5, "all five events came");
        Assert.Equal(wanted, receiver.All.Select(r => r.Seq));
        Assert.All(receiver.All, r => r.AssertSignedWith(secret));
        Assert.All(receiver.All, r => Assert.Equal("vm_marked_missing", r.Type));
        Assert.Equal(5, receiver.All.Select(r => r.DeliveryId).Distinct().Count());
        await Eventually.Until(async () => (await DeliveriesAsync(id, "?status=Delivered")).Length == 5, "all five are noted as delivered");
        Assert.DoesNotContain("secret", (await fixture.GetAsync($"/v1/webhooks/{id}")).ToString());

        using var replaced = await fixture.PostAsync($"/v1/webhooks/{id}/secret");
        var newSecret = JsonDocument.Parse(await replaced.Content.ReadAsStringAsync()).RootElement.GetProperty("secret").GetString()!;
        Assert.NotEqual(secret, newSecret);

        // The answer may get lost: the receiver knows the first one still, however often it is replaced.
        using var again = await fixture.PostAsync($"/v1/webhooks/{id}/secret");
        var newest = JsonDocument.Parse(await again.Content.ReadAsStringAsync()).RootElement.GetProperty("secret").GetString()!;
        using var test = await fixture.PostAsync($"/v1/webhooks/{id}/test");
        Assert.Equal(HttpStatusCode.Accepted, test.StatusCode);
        await ReceivesAsync(6, "the test came");
        var last = receiver.All[^1];
        Assert.Equal("webhook_test", last.Type);
        last.AssertSignedWith(secret);
        last.AssertSignedWith(newest);
        last.AssertSignedWith(newSecret);

        using var gone = await fixture.SendAsync(HttpMethod.Delete, $"/v1/webhooks/{id}");
        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        await OrchestratorFixture.ProblemAsync(await fixture.SendAsync(HttpMethod.Get, $"/v1/webhooks/{id}"), 404, "webhook-not-found");
    }

    [Fact]
    public async Task A_failure_is_tried_again_with_the_same_id_and_a_redirect_is_one_and_is_not_followed()
    {
        var attempts = 0;
        receiver.Answer = (r, http) =>
        {
            if (Interlocked.Increment(ref attempts) is var n && n == 2)
            {
                http.Response.Headers.Location = "/elsewhere";
            }

            return n switch { 1 => WebhookReceiver.Status(http, 500), 2 => WebhookReceiver.Status(http, 302), 3 => Task.Delay(Timeout.Infinite, http.RequestAborted), _ => WebhookReceiver.Status(http, 200) };
        };
        var (id, _) = await CreateAsync();
        await AppendAsync(1);

        await DeliveryIsAsync(id, d => d.GetProperty("status").GetString() == "Delivered", "it is delivered at last");
        Assert.Equal(4, receiver.All.Count);
        Assert.Single(receiver.All.Select(r => (r.DeliveryId, r.Body, r.Path)).Distinct());
        Assert.Equal(4, (await DeliveriesAsync(id))[0].GetProperty("attempts").GetInt32());
    }

    [Fact]
    public async Task What_never_works_is_given_up_listed_and_can_be_sent_again_and_the_webhook_is_paused()
    {
        receiver.Answer = (_, http) => WebhookReceiver.Status(http, 503);
        var (id, _) = await CreateAsync();
        var first = await AppendAsync(2);
        await Eventually.Until(async () => (await fixture.GetAsync($"/v1/webhooks/{id}")).TryGetProperty("pausedAt", out _), "it is paused", 30);
        var dead = await DeliveriesAsync(id, "?status=Dead");
        Assert.Equal(first, dead.Select(d => d.GetProperty("seq").GetInt64()).Order());
        Assert.All(dead, d => Assert.Equal(503, d.GetProperty("lastStatus").GetInt32()));
        Assert.Contains("in a row", (await fixture.GetAsync($"/v1/webhooks/{id}")).GetProperty("pausedReason").GetString());

        var meanwhile = await AppendAsync(2);
        receiver.Answer = (_, http) => WebhookReceiver.Status(http, 200);
        var before = receiver.All.Count;
        using var again = await fixture.PostAsync($"/v1/webhooks/{id}/deliveries/{dead[0].GetProperty("id").GetGuid()}/redeliver");
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        using var resumed = await fixture.SendAsync(HttpMethod.Patch, $"/v1/webhooks/{id}", new { paused = false });
        Assert.Equal(HttpStatusCode.OK, resumed.StatusCode);
        await ReceivesAsync(before + 3, "the dead one and what came meanwhile are sent");
        Assert.Equal(meanwhile.Append(dead[0].GetProperty("seq").GetInt64()).Order(), receiver.All.Skip(before).Select(r => r.Seq).Order());
        await Eventually.Until(async () => (await fixture.GetAsync($"/v1/webhooks/{id}")).GetProperty("dead").GetInt64() == 1, "one is left on the list");
    }

    [Fact]
    public async Task Of_two_processes_one_delivers_and_when_it_stops_the_other_goes_on_without_a_gap()
    {
        await using var second = await TestHost.StartAsync(
            fixture.Host.Services.GetRequiredService<IConfiguration>()["Hv:Database"], "inmemory", [OrchestratorModule.Create()],
            b => b.Configuration.AddInMemoryCollection(Settings.ToDictionary(s => $"Orchestrator:{s.Key}", s => s.Value)));
        await CreateAsync();
        var sent = new ConcurrentBag<long>();
        foreach (var seq in await AppendAsync(40))
        {
            sent.Add(seq);
        }

        await ReceivesAsync(40, "the first process delivers");
        Assert.Equal(sent.Order(), receiver.All.Select(r => r.Seq));

        var stopping = fixture.Host.App.StopAsync();
        foreach (var seq in await AppendAsync(40))
        {
            sent.Add(seq);
        }

        await stopping;
        foreach (var seq in await AppendAsync(10))
        {
            sent.Add(seq);
        }

        await Eventually.Until(() => receiver.All.Select(r => r.Seq).Distinct().Count() == 90, "the other process goes on", 30);
        Assert.Equal(sent.Order(), receiver.All.Select(r => r.Seq).Distinct().Order());
        Assert.InRange(receiver.All.Count, 90, 91);
    }

    [Theory]
    [InlineData("ftp://example.org/", "url")]
    [InlineData("http://user:secret@example.org/", "url")]
    [InlineData("nonsense", "url")]
    public async Task What_is_wrong_with_a_webhook_is_said_by_member(string url, string member)
    {
        var problem = await OrchestratorFixture.ProblemAsync(await fixture.PostAsync("/v1/webhooks", new { url, types = new[] { "vm_marked_missing" } }), 400, "invalid-request");
        Assert.True(problem.GetProperty("errors").TryGetProperty(member, out _));
        await OrchestratorFixture.ProblemAsync(await fixture.PostAsync("/v1/webhooks", new { url = receiver.Url, types = new[] { "breakfast" } }), 400, "invalid-request");
        await OrchestratorFixture.ProblemAsync(await fixture.PostAsync($"/v1/webhooks/{Guid.NewGuid()}/test"), 404, "webhook-not-found");
    }

    [Fact]
    public async Task There_is_a_limit_to_webhooks()
    {
        for (var i = 0; i < 3; i++)
        {
            await CreateAsync();
        }

        await OrchestratorFixture.ProblemAsync(await fixture.PostAsync("/v1/webhooks", new { url = receiver.Url }), 409, "too-many-webhooks");
    }
}

/// <summary>Without the setting that allows them, private addresses get nothing.</summary>
public sealed class WebhookAddressTests : IAsyncLifetime
{
    readonly OrchestratorFixture fixture = new();

    public ValueTask InitializeAsync() => fixture.StartAsync(new() { ["Webhooks:FirstRetry"] = "00:00:00.1" });

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task A_private_address_is_refused_when_it_is_given_and_a_name_for_one_when_it_is_connected_to()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        foreach (var host in (string[])["127.0.0.1", "localhost", "10.1.2.3", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "2130706433"])
        {
            await OrchestratorFixture.ProblemAsync(await fixture.PostAsync("/v1/webhooks", new { url = $"http://{host}:{receiver.Url.Port}/" }), 400, "invalid-request");
        }

        // As if a name had begun to resolve to this machine after it was given.
        using var created = await fixture.PostAsync("/v1/webhooks", new { url = "http://hooks.example.org/" });
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var id = JsonDocument.Parse(await created.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetGuid();
        await fixture.ScalarAsync<int>($"WITH changed AS (UPDATE webhooks SET url = 'http://localhost:{receiver.Url.Port}/' WHERE id = '{id}' RETURNING 1) SELECT count(*)::int FROM changed");
        using var test = await fixture.PostAsync($"/v1/webhooks/{id}/test");
        await Eventually.Until(
            async () => (await fixture.GetAsync($"/v1/webhooks/{id}/deliveries")).GetProperty("items")[0].TryGetProperty("lastError", out var e) && e.GetString()!.Contains("no public address", StringComparison.Ordinal),
            "the attempt is refused by the address", 20);
        Assert.Empty(receiver.All);
    }
}
