using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HvPlatform.Contracts.History;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.IntegrationTests.Owasp;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace HvPlatform.IntegrationTests.Access;

/// <summary>A platform whose people sign in at an issuer.</summary>
public sealed class WithIssuer : IAsyncLifetime
{
    public const string ClientId = "hv-web";

    public OrchestratorFixture Platform { get; } = new();

    public FakeIssuer Issuer { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Issuer = await FakeIssuer.StartAsync();
        await Platform.StartAsync(new() { ["Access:Oidc:Issuer"] = Issuer.Issuer, ["Access:Oidc:Audience"] = FakeIssuer.Audience, ["Access:Oidc:ClientId"] = ClientId, ["Access:Oidc:ClientSecret"] = "s3cret" });
    }

    public async ValueTask DisposeAsync()
    {
        await Platform.DisposeAsync();
        await Issuer.DisposeAsync();
    }
}

/// <summary>Signing in at the issuer, as a browser does it: sent there, sent back with a code, and in with a session. The test is the browser and the issuer.</summary>
public sealed class IssuerSignInTests(WithIssuer world) : IClassFixture<WithIssuer>
{
    readonly OrchestratorFixture platform = world.Platform;
    readonly FakeIssuer issuer = world.Issuer;

    [Fact]
    public async Task A_person_who_comes_back_from_the_issuer_has_a_session_with_the_roles_given()
    {
        using (var grant = await platform.PostAsync("/v1/grants", new { subject = "group:web-admins", group = "*", role = "Operator" }))
        {
            Assert.Equal(HttpStatusCode.Created, grant.StatusCode);
        }

        var (asked, cookie) = await StartAsync("/vms?search=web");
        Assert.StartsWith($"{issuer.Issuer}/authorize?", asked.Location, StringComparison.Ordinal);
        Assert.Equal(("code", WithIssuer.ClientId, "S256", "openid profile", $"{platform.Host.Url.GetLeftPart(UriPartial.Authority)}/v1/sign-in/callback"), (
            asked.Of("response_type"), asked.Of("client_id"), asked.Of("code_challenge_method"), asked.Of("scope"), asked.Of("redirect_uri")));

        using var back = await FinishAsync($"code=c-1&state={asked.Of("state")}&session_state=of-the-issuer", cookie, asked, _ => { });
        Assert.Equal((HttpStatusCode.Redirect, "/vms?search=web"), (back.StatusCode, back.Headers.Location?.ToString()));
        var session = back.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("hv-session=", StringComparison.Ordinal));
        Assert.Contains("httponly", session, StringComparison.Ordinal);
        Assert.Contains("samesite=strict", session, StringComparison.Ordinal);
        Assert.Contains(back.Headers.GetValues("Set-Cookie"), c => c.StartsWith("hv-sign-in=;", StringComparison.Ordinal));

        using var me = await SendAsync("/v1/me", session.Split(';')[0]);
        var caller = JsonSerializer.Deserialize<JsonElement>(await me.Content.ReadAsStringAsync());
        Assert.Equal(("ann@example.com", "Person", """[{"group":"*","role":"Operator"}]"""), (caller.GetProperty("name").GetString(), caller.GetProperty("kind").GetString(), caller.GetProperty("roles").GetRawText()));

        // The token itself is good for minutes only.
        Assert.True(caller.GetProperty("expiresAt").GetDateTimeOffset() > TimeProvider.System.GetUtcNow().AddHours(11));
        await platform.Probe.NextAsync<SignedIn>(s => s.Subject == "user:ann");

        // Neither the way back nor the code is good twice.
        using var again = await FinishAsync($"code=c-1&state={asked.Of("state")}", null, asked, _ => { });
        await OrchestratorFixture.ProblemAsync(again, 403, "sign-in-failed");
    }

    [Theory]
    [InlineData("another state", 403)]
    [InlineData("another browser", 403)]
    [InlineData("another issuer", 403)]
    [InlineData("the issuer refuses", 403)]
    [InlineData("the code is not good", 403)]
    [InlineData("no id token", 403)]
    [InlineData("another nonce", 401)]
    [InlineData("another program", 401)]
    [InlineData("another key", 401)]
    public async Task Whoever_does_not_come_back_as_sent_is_not_signed_in(string what, int status)
    {
        var (asked, cookie) = await StartAsync("/");
        var (_, others) = await StartAsync("/");
        var query = what switch
        {
            "another state" => $"code=c&state={new string('a', 43)}",
            "another issuer" => $"code=c&iss=https%3A%2F%2Fother.example&state={asked.Of("state")}",
            "the issuer refuses" => $"error=access_denied&error_description=Not%20today&state={asked.Of("state")}",
            _ => $"code=c&state={asked.Of("state")}",
        };
        using var back = await FinishAsync(query, what == "another browser" ? others : cookie, asked, claims => claims[what switch { "another nonce" => "nonce", "another program" => "aud", _ => "x" }] = "of another", what);
        var problem = await OrchestratorFixture.ProblemAsync(back, status, status == 403 ? "sign-in-failed" : "unauthenticated");
        Assert.DoesNotContain(back.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : [], c => c.StartsWith("hv-session=", StringComparison.Ordinal));
        if (what == "the issuer refuses")
        {
            Assert.Contains("access_denied Not today", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("javascript:alert(1)")]
    public async Task Nobody_is_sent_on_to_another_site(string returnTo)
    {
        var (asked, cookie) = await StartAsync(returnTo);
        using var back = await FinishAsync($"code=c&state={asked.Of("state")}", cookie, asked, _ => { });
        Assert.Equal((HttpStatusCode.Redirect, "/"), (back.StatusCode, back.Headers.Location?.ToString()));
    }

    async Task<(Asked Asked, string Cookie)> StartAsync(string returnTo)
    {
        using var response = await SendAsync($"/v1/sign-in/start?returnTo={Uri.EscapeDataString(returnTo)}", null);
        Assert.True(response.StatusCode == HttpStatusCode.Redirect, await response.Content.ReadAsStringAsync());
        var cookie = response.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("samesite=lax", cookie, StringComparison.Ordinal);
        return (new(response.Headers.Location!.ToString()), cookie.Split(';')[0]);
    }

    /// <summary>Comes back. The issuer gives a token only for the right verifier and its own address, as the standard has it.</summary>
    async Task<HttpResponseMessage> FinishAsync(string query, string? cookie, Asked asked, Action<Dictionary<string, object?>> change, string what = "")
    {
        issuer.Redeem = form =>
        {
            var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
            if (what == "the code is not good" || (form["grant_type"], form["client_id"], form["client_secret"], form["redirect_uri"].ToString()) != ("authorization_code", WithIssuer.ClientId, "s3cret", asked.Of("redirect_uri")) || challenge != asked.Of("code_challenge"))
            {
                return Results.BadRequest(new { error = "invalid_grant" });
            }

            var claims = issuer.Claims("ann");
            (claims["aud"], claims["nonce"], claims["groups"]) = (WithIssuer.ClientId, asked.Of("nonce"), new[] { "web-admins" });
            change(claims);
            using var strange = RSA.Create(2048);
            return what == "no id token" ? Results.Json(new { access_token = "x" }) : Results.Json(new
            {
                token_type = "Bearer",
                id_token = what == "another key"
                    ? FakeIssuer.Assemble(new { alg = "RS256", kid = "rsa-1" }, claims, data => strange.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
                    : issuer.Sign(claims),
            });
        };
        return await SendAsync($"/v1/sign-in/callback?{query}", cookie);
    }

    async Task<HttpResponseMessage> SendAsync(string path, string? cookie)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = platform.Host.Url };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        return await browser.SendAsync(request);
    }

    /// <summary>What the issuer was asked, in the address that the browser is sent to.</summary>
    sealed record Asked(string Location)
    {
        public string Of(string parameter) => QueryHelpers.ParseQuery(new Uri(Location).Query)[parameter].ToString();
    }
}
