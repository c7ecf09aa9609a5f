using HvPlatform.Orchestrator;
using HvPlatform.ServiceKit;
using HvPlatform.TestKit;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace HvPlatform.IntegrationTests.Owasp;

/// <summary>API7:2023. Addresses that this process is made to ask: the issuer's keys are the only ones it fetches for access.</summary>
public sealed class Api07ServerSideRequestForgeryTests
{
    [Theory]
    [InlineData("Issuer", "http://issuer.example")]
    [InlineData("Issuer", "ftp://issuer.example")]
    [InlineData("JwksUri", "http://169.254.169.254/latest/meta-data")]
    [InlineData("JwksUri", "file:///etc/passwd")]
    [InlineData("JwksUri", "https://user:password@issuer.example/keys")]
    [InlineData("AuthorizationEndpoint", "javascript:alert(1)")]
    public void An_address_that_is_not_safe_is_refused_at_the_start(string setting, string url)
    {
        var error = Assert.Throws<HvStartupException>(() => HvHost.Build([], [OrchestratorModule.Create()], builder => builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Hv:Bus"] = "inmemory",
            ["Hv:Database"] = "Host=127.0.0.1",
            ["Orchestrator:Access:TokenFile"] = TestAccess.TokenFile,
            ["Orchestrator:Access:Oidc:Issuer"] = "https://issuer.example",
            ["Orchestrator:Access:Oidc:Audience"] = "hvplatform",
            [$"Orchestrator:Access:Oidc:{setting}"] = url,
        })));
        Assert.Contains("https://", error.Message);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://[fd00:ec2::254]/keys")]
    [InlineData("gopher://127.0.0.1:6379/_")]
    public async Task An_issuer_that_names_another_place_for_its_keys_does_not_lead_there(string url)
    {
        await using var issuer = await FakeIssuer.StartAsync();
        issuer.Description = _ => Results.Json(new { issuer = issuer.Issuer, jwks_uri = url });
        await using var host = await StartAsync(issuer);
        await RefusedAsync(host, issuer.Token("ada"));
        Assert.Equal(0, issuer.Fetches);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var target = await FakeIssuer.StartAsync();
        await using var issuer = await FakeIssuer.StartAsync();
        issuer.Jwks = _ => Results.Redirect($"{target.Issuer}/jwks");
        await using var host = await StartAsync(issuer);
        await RefusedAsync(host, issuer.Token("ada"));
        Assert.Equal(0, target.Fetches);
        Assert.True(issuer.Fetches > 0);
    }

    [Fact]
    public async Task A_token_cannot_name_an_address_to_be_asked_nor_have_the_issuer_asked_all_the_time()
    {
        await using var target = await FakeIssuer.StartAsync();
        await using var issuer = await FakeIssuer.StartAsync();
        await using var host = await StartAsync(issuer);
        for (var i = 0; i < 20; i++)
        {
            await RefusedAsync(host, issuer.Sign(issuer.Claims("ada"), new { alg = "RS256", kid = $"unknown-{i}", jku = $"{target.Issuer}/jwks", x5u = $"{target.Issuer}/jwks" }));
        }

        Assert.Equal(0, target.Fetches);
        Assert.Equal(1, issuer.Fetches);
    }

    static async Task<TestHost> StartAsync(FakeIssuer issuer) => await TestHost.StartAsync(
        await (await PostgresServer.SharedAsync()).CreateDatabaseAsync(), "inmemory", [OrchestratorModule.Create()],
        builder => builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orchestrator:Access:Oidc:Issuer"] = issuer.Issuer,
            ["Orchestrator:Access:Oidc:Audience"] = FakeIssuer.Audience,
        }));

    static async Task RefusedAsync(TestHost host, string token)
    {
        using var http = new HttpClient { BaseAddress = host.Url, DefaultRequestHeaders = { Authorization = new("Bearer", token) } };
        using var response = await http.GetAsync("/v1/me");
        await Orchestrator.OrchestratorFixture.ProblemAsync(response, 401, "unauthenticated");
    }
}
