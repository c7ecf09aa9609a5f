using System.Net;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Owasp;

/// <summary>API8:2023. Headers, methods, origins and error texts.</summary>
[Collection(OwaspCollection.Name)]
public sealed class Api08SecurityMisconfigurationTests(OwaspWorld world)
{
    static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(',', values) : null;

    [Theory]
    [InlineData("/v1/vms", true)]
    [InlineData("/v1/me", true)]
    [InlineData("/v1/me", false)]
    [InlineData("/v1/nothing-here", true)]
    [InlineData("/v1/sign-in", false)]
    [InlineData("/openapi/v1.json", false)]
    public async Task Every_answer_tells_browsers_not_to_guess_embed_or_keep_it(string path, bool signedIn)
    {
        using var response = await world.SendAsync(signedIn ? TestAccess.Token : null, HttpMethod.Get, path);
        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
        Assert.Equal("DENY", Header(response, "X-Frame-Options"));
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", Header(response, "Content-Security-Policy"));
        Assert.Equal("no-referrer", Header(response, "Referrer-Policy"));
        Assert.Equal(response.Headers.ETag is null ? "no-store" : "no-cache, private", Header(response, "Cache-Control"));
        Assert.Null(Header(response, "Server"));
        Assert.Null(Header(response, "X-Powered-By"));
    }

    [Fact]
    public async Task A_single_resource_is_kept_by_its_reader_only()
    {
        using var response = await world.SendAsync(TestAccess.Token, HttpMethod.Get, $"/v1/hosts/{world.Blue}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.CacheControl is { Private: true, NoCache: true, Public: false });
    }

    [Fact]
    public async Task Pages_of_other_sites_are_not_let_in()
    {
        using var preflight = await world.SendAsync(null, HttpMethod.Options, "/v1/vms", null,
            ("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization,x-requested-with"));
        Assert.Null(Header(preflight, "Access-Control-Allow-Origin"));
        using var request = await world.SendAsync(TestAccess.Token, HttpMethod.Get, "/v1/me", null, ("Origin", "https://evil.example"));
        Assert.Null(Header(request, "Access-Control-Allow-Origin"));
        Assert.Null(Header(request, "Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData("TRACE")]
    [InlineData("CONNECT-ME")]
    [InlineData("PROPFIND")]
    public async Task Other_methods_are_refused_and_echo_nothing(string method)
    {
        using var response = await world.SendAsync(TestAccess.Token, new HttpMethod(method), "/v1/vms", null, ("X-Secret", "do-not-echo"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.DoesNotContain("do-not-echo", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/v1/vms?limit='")]
    [InlineData("/v1/vms?cursor=AAAA")]
    [InlineData("/v1/vms/%00")]
    [InlineData("/v1/vms?search=%00")]
    [InlineData("/v1/operations/..%2f..%2fetc")]
    public async Task Errors_do_not_tell_how_it_is_built(string path)
    {
        using var response = await world.SendAsync(TestAccess.Token, HttpMethod.Get, path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.InRange((int)response.StatusCode, 400, 499);
        Assert.DoesNotContain("   at ", text);
        Assert.DoesNotContain("Npgsql", text);
        Assert.DoesNotContain("SELECT", text);
        Assert.DoesNotContain(Repository.Root, text);
    }

    [Fact]
    public async Task A_token_in_the_address_is_no_token()
    {
        await world.RefusedAsync(null, HttpMethod.Get, $"/v1/me?access_token={TestAccess.Token}", 401, "unauthenticated");
        await world.RefusedAsync(null, HttpMethod.Get, $"/v1/me?token={TestAccess.Token}", 401, "unauthenticated");
    }
}
