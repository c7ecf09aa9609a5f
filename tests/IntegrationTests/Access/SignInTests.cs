using System.Net;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Access;

/// <summary>Who makes a request must be known before anything below /v1 is answered.</summary>
public sealed class SignInTests(OrchestratorFixture fixture) : IClassFixture<OrchestratorFixture>
{
    readonly HttpClient stranger = new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = fixture.Host.Url };

    async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await stranger.SendAsync(request);
    }

    static (string Name, string Value) Bearer(string token) => ("Authorization", $"Bearer {token}");

    async Task<string> SignInAsync()
    {
        using var response = await SendAsync(HttpMethod.Post, "/v1/session", Bearer(TestAccess.Token));
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        var cookie = response.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=strict", cookie);
        Assert.Contains("max-age=43200", cookie);
        Assert.StartsWith("hv-session=", cookie);
        return cookie.Split(';')[0];
    }

    [Theory]
    [InlineData("/v1/vms")]
    [InlineData("/v1/me")]
    [InlineData("/v1/events")]
    [InlineData("/v1/there-is-no-such-thing")]
    [InlineData("/v1")]
    public async Task Without_a_token_nothing_is_told_not_even_what_is_there(string path)
    {
        using var response = await SendAsync(HttpMethod.Get, path);
        await OrchestratorFixture.ProblemAsync(response, 401, "unauthenticated");
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().ToString());
    }

    [Theory]
    [InlineData("Bearer nonsense")]
    [InlineData("Bearer ")]
    [InlineData("Bearer")]
    [InlineData("Basic dXNlcjpwYXNz")]
    [InlineData(TestAccess.Token)]
    [InlineData($"Bearer {TestAccess.Token}x")]
    [InlineData($"Bearer {TestAccess.Token}, Bearer {TestAccess.Token}")]
    public async Task A_token_that_is_none_is_refused(string header)
    {
        using var response = await SendAsync(HttpMethod.Get, "/v1/me", ("Authorization", header));
        await OrchestratorFixture.ProblemAsync(response, 401, "unauthenticated");
        Assert.Contains("invalid_token", response.Headers.WwwAuthenticate.Single().ToString());
    }

    [Fact]
    public async Task A_token_that_is_very_long_is_refused()
    {
        using var response = await SendAsync(HttpMethod.Get, "/v1/me", Bearer(new string('a', 20_000)));
        await OrchestratorFixture.ProblemAsync(response, 401, "unauthenticated");
    }

    [Fact]
    public async Task The_local_token_may_do_everything()
    {
        var me = await fixture.GetAsync("/v1/me");
        Assert.Equal("""{"name":"local","kind":"Local","roles":[{"group":"*","role":"Admin"}]}""", me.GetRawText());
    }

    [Theory]
    [InlineData("/v1/sign-in")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/health/live")]
    public async Task What_is_needed_to_sign_in_needs_no_token(string path)
    {
        using var response = await SendAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_session_stands_for_the_token_until_it_is_ended()
    {
        var cookie = await SignInAsync();
        using var read = await SendAsync(HttpMethod.Get, "/v1/me", ("Cookie", cookie));
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        using var events = await stranger.SendAsync(new(HttpMethod.Get, "/v1/events") { Headers = { { "Cookie", cookie } } }, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, events.StatusCode);

        using var end = await SendAsync(HttpMethod.Delete, "/v1/session", ("Cookie", cookie), ("X-Requested-With", "hv-dashboard"));
        Assert.Equal(HttpStatusCode.NoContent, end.StatusCode);
        using var after = await SendAsync(HttpMethod.Get, "/v1/me", ("Cookie", cookie));
        await OrchestratorFixture.ProblemAsync(after, 401, "unauthenticated");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("XMLHttpRequest")]
    public async Task A_change_by_cookie_needs_the_header_that_other_sites_cannot_send(string? header)
    {
        var cookie = await SignInAsync();
        var vm = await fixture.AddVmAsync();
        (string, string)[] headers = header is null ? [("Cookie", cookie)] : [("Cookie", cookie), ("X-Requested-With", header)];
        using var refused = await SendAsync(HttpMethod.Post, $"/v1/vms/{vm}/start", headers);
        await OrchestratorFixture.ProblemAsync(refused, 403, "csrf-check-failed");

        using var accepted = await SendAsync(HttpMethod.Post, $"/v1/vms/{vm}/start", ("Cookie", cookie), ("X-Requested-With", "hv-dashboard"));
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
    }

    [Fact]
    public async Task A_session_is_not_made_out_of_another_one()
    {
        using var again = await SendAsync(HttpMethod.Post, "/v1/session", ("Cookie", await SignInAsync()), ("X-Requested-With", "hv-dashboard"));
        await OrchestratorFixture.ProblemAsync(again, 401, "unauthenticated");
    }

    [Fact]
    public async Task A_guessed_cookie_is_refused_and_the_database_holds_no_cookie()
    {
        var cookie = await SignInAsync();
        using var response = await SendAsync(HttpMethod.Get, "/v1/me", ("Cookie", cookie[..^1] + (cookie[^1] == 'A' ? 'B' : 'A')));
        await OrchestratorFixture.ProblemAsync(response, 401, "unauthenticated");
        Assert.DoesNotContain(cookie.Split('=')[1], await fixture.ScalarAsync<string>("SELECT string_agg(s::text, ' ') FROM sessions s"));
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:8080")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("10.0.0.1")]
    public async Task A_request_meant_for_another_site_is_refused(string host)
    {
        using var response = await SendAsync(HttpMethod.Get, "/v1/me", Bearer(TestAccess.Token), ("Host", host));
        await OrchestratorFixture.ProblemAsync(response, 421, "host-not-allowed");
        using var page = await SendAsync(HttpMethod.Get, "/openapi/v1.json", ("Host", host));
        Assert.Equal(HttpStatusCode.MisdirectedRequest, page.StatusCode);
    }

    [Fact]
    public async Task Without_an_issuer_no_browser_is_sent_to_one()
    {
        using var start = await SendAsync(HttpMethod.Get, "/v1/sign-in/start");
        var problem = await OrchestratorFixture.ProblemAsync(start, 503, "issuer-not-configured");
        Assert.Contains("Orchestrator:Access:Oidc", problem.GetProperty("advice").GetString(), StringComparison.Ordinal);
        using var callback = await SendAsync(HttpMethod.Get, "/v1/sign-in/callback?code=x&state=y");
        await OrchestratorFixture.ProblemAsync(callback, 503, "issuer-not-configured");
    }

    [Theory]
    [InlineData("localhost:1")]
    [InlineData("[::1]:8080")]
    public async Task Names_of_this_machine_are_its_own(string host)
    {
        using var response = await SendAsync(HttpMethod.Get, "/v1/me", Bearer(TestAccess.Token), ("Host", host));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
