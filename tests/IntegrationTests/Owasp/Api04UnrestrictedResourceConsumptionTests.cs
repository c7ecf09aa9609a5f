using System.Net;
using HvPlatform.Contracts.History;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Owasp;

/// <summary>API4:2023. Requests that are too many, too large or too deep.</summary>
[Collection(OwaspCollection.Name)]
public sealed class Api04UnrestrictedResourceConsumptionTests(OwaspWorld world)
{
    [Fact]
    public async Task A_caller_that_asks_too_often_is_told_to_wait_and_others_are_served()
    {
        var (greedy, other) = (await world.TokenAsync("Viewer", "blue"), await world.TokenAsync("Viewer", "blue"));
        using var first = await world.SendAsync(greedy, HttpMethod.Get, "/v1/me");
        Assert.Equal("300", first.Headers.GetValues("RateLimit-Limit").Single());
        Assert.Equal("299", first.Headers.GetValues("RateLimit-Remaining").Single());
        Assert.True(first.Headers.Contains("RateLimit-Reset"));

        var refused = 0;
        await Parallel.ForAsync(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) =>
        {
            if (Volatile.Read(ref refused) > 0)
            {
                return;
            }

            using var response = await world.SendAsync(greedy, HttpMethod.Get, "/v1/me");
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                Interlocked.Increment(ref refused);
                await OrchestratorFixture.ProblemAsync(response, 429, "rate-limited");
                Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
            }
        });
        Assert.True(refused > 0);
        Assert.Equal(HttpStatusCode.OK, await world.StatusAsync(other, HttpMethod.Get, "/v1/me"));
        await Eventually.Until(async () => await world.StatusAsync(greedy, HttpMethod.Get, "/v1/me") == HttpStatusCode.OK, "the caller is served again");
    }

    [Fact]
    public async Task A_flood_of_refusals_is_few_events()
    {
        async Task<List<AccessRefused>> Told() => [.. world.Fixture.Probe.Of<AccessRefused>().Where(r => r.Endpoint == "/v1/audit" && r.Caller is null)];
        for (var i = 0; i < 200; i++)
        {
            await world.RefusedAsync($"guess-{i}", HttpMethod.Get, $"/v1/audit?limit={i + 1}", 401, "unauthenticated");
        }

        await Eventually.Until(async () => (await Told()).Sum(r => r.Count) >= 200, "all refusals are told", 20, async () => $"{(await Told()).Count} events");
        Assert.True((await Told()).Count < 100);
        Assert.All(await Told(), r => Assert.Equal(("unauthenticated", "GET"), (r.Code, r.Method)));
    }

    [Fact]
    public async Task A_caller_cannot_have_all_event_streams()
    {
        var token = await world.TokenAsync("Viewer", "blue");
        var open = new List<HttpResponseMessage>();
        try
        {
            for (var i = 0; i < 50; i++)
            {
                open.Add(await world.SendAsync(token, HttpMethod.Get, "/v1/events"));
                Assert.Equal(HttpStatusCode.OK, open[^1].StatusCode);
            }

            await world.RefusedAsync(token, HttpMethod.Get, "/v1/events", 503, "too-many-streams");
            using var other = await world.SendAsync(await world.TokenAsync("Viewer", "blue"), HttpMethod.Get, "/v1/events");
            Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        }
        finally
        {
            open.ForEach(r => r.Dispose());
        }
    }

    [Theory]
    [InlineData("/v1/vms?limit=100000")]
    [InlineData("/v1/vms?limit=-1")]
    [InlineData("/v1/operations?limit=99999999999999")]
    [InlineData("/v1/audit?limit=501")]
    public async Task A_page_is_not_larger_than_allowed(string path) => await world.RefusedAsync(TestAccess.Token, HttpMethod.Get, path, 400, "invalid-parameter");

    [Fact]
    public async Task Bodies_are_not_larger_or_deeper_than_allowed()
    {
        await world.RefusedAsync(TestAccess.Token, HttpMethod.Post, "/v1/api-tokens", 413, "body-too-large", new string(' ', 1024 * 1024 + 1));
        await world.RefusedAsync(TestAccess.Token, HttpMethod.Post, "/v1/api-tokens", 400, "malformed-json", new string('[', 1000));
        await world.RefusedAsync(TestAccess.Token, HttpMethod.Post, "/v1/api-tokens", 400, "invalid-request", new { name = "x", role = "Viewer", groups = Enumerable.Repeat("blue", 101) });
        var ids = Enumerable.Range(0, 1001).Select(_ => Guid.NewGuid());
        await world.RefusedAsync(await world.TokenAsync("Operator", "blue"), HttpMethod.Post, $"/v1/hosts/{world.Blue}/evacuations", 400, "invalid-request", new { destinationHostIds = ids });
    }
}
