using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Access;

/// <summary>Who guesses tokens is held up before the database is asked about the guesses; who is known is not held up by that.</summary>
public sealed class GuessedTokenTests : IAsyncLifetime
{
    const int Guesses = 60;

    readonly OrchestratorFixture platform = new();

    public ValueTask InitializeAsync() => platform.StartAsync(new() { ["Access:RateLimits:AnonymousPerSecond"] = "1", ["Access:RateLimits:AnonymousBurst"] = "20" });

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Theory]
    [InlineData("Authorization", "Bearer hv_")]
    [InlineData("Cookie", "hv-session=")]
    public async Task The_database_is_asked_about_no_more_guesses_than_the_limit_lets_through(string header, string prefix)
    {
        // Known from before; the first time it counts as a guess like any other.
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("Authorization", $"Bearer {TestAccess.Token}"));
        var asked = new ConcurrentBag<string>();
        var database = await platform.ScalarAsync<string>("SELECT current_database()::text");
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == "Npgsql",
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = a =>
            {
                var text = string.Join('\n', a.TagObjects.Select(t => $"{t.Value}"));
                if (text.Contains(database, StringComparison.Ordinal) && (text.Contains("orchestrator.api_tokens WHERE hash", StringComparison.Ordinal) || text.Contains("FROM orchestrator.sessions WHERE id_hash", StringComparison.Ordinal)))
                {
                    asked.Add(text);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);

        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < Guesses; i++)
        {
            answers.Add(await StatusAsync(header, $"{prefix}guess{i}"));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync("Authorization", $"Bearer {TestAccess.Token}"));
        }

        Assert.Contains(HttpStatusCode.Unauthorized, answers);
        Assert.Contains(HttpStatusCode.TooManyRequests, answers);
        Assert.Equal(answers.Count(a => a == HttpStatusCode.Unauthorized), asked.Count);
    }

    [Fact]
    public async Task The_local_token_needs_no_place_of_its_address_and_a_token_none_of_those_who_have_none()
    {
        using (var made = await platform.PostAsync("/v1/api-tokens", new { name = "ci", role = "Viewer", groups = new[] { "*" } }))
        {
            var token = JsonSerializer.Deserialize<JsonElement>(await made.Content.ReadAsStringAsync()).GetProperty("token").GetString();
            await UntilHeldUpAsync("X-Nothing", "");
            Assert.Equal(HttpStatusCode.OK, await StatusAsync("Authorization", $"Bearer {token}"));
        }

        // Another form of the same: never seen before.
        await UntilHeldUpAsync("Authorization", "Bearer hv_guess");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("Authorization", $"bearer  {TestAccess.Token}"));
    }

    async Task UntilHeldUpAsync(string header, string value)
    {
        while (await StatusAsync(header, value) is var status && status != HttpStatusCode.TooManyRequests)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, status);
        }
    }

    async Task<HttpStatusCode> StatusAsync(string header, string value)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = platform.Host.Url };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/me");
        request.Headers.TryAddWithoutValidation(header, value);
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }
}
