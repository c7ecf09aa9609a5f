using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using HvPlatform.Contracts;
using HvPlatform.IntegrationTests.Orchestrator;
using HvPlatform.TestKit;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace HvPlatform.IntegrationTests.Owasp;

/// <summary>API10:2023. What the issuer and the agents say is not trusted: an issuer's answer may be anything, a VM may have any name.</summary>
[Collection(OwaspCollection.Name)]
public sealed class Api10UnsafeConsumptionOfApisTests(OwaspWorld world)
{
    /// <summary>The issuer answers this, and a token whose key is not known yet has it asked.</summary>
    async Task<HttpStatusCode> WithKeysAsync(Func<HttpContext, IResult> answer, string token)
    {
        try
        {
            world.Issuer.Jwks = answer;
            return await world.StatusAsync(token, HttpMethod.Get, "/v1/me");
        }
        finally
        {
            world.Issuer.Jwks = null;
        }
    }

    string Unknown(string kid = "new-key") => world.Issuer.Sign(world.Issuer.Claims("ada"), new { alg = "RS256", kid });

    public static TheoryData<string, string> Answers => new()
    {
        { "text/html", "<html>Sign in</html>" },
        { "application/json", "" },
        { "application/json", "null" },
        { "application/json", "[]" },
        { "application/json", """{"keys":"none"}""" },
        { "application/json", """{"keys":[null,1,"x",[],{},{"kid":7},{"kid":"new-key"},{"kid":"new-key","kty":"RSA"},{"kid":"new-key","kty":"RSA","n":"!!","e":"AQAB"}]}""" },
        { "application/json", """{"keys":[{"kid":"new-key","kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}""" },
        { "application/json", """{"keys":[{"kid":"new-key","kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}""" },
    };

    [Theory, MemberData(nameof(Answers))]
    public async Task An_answer_that_is_no_set_of_keys_harms_nothing(string type, string answer)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, await WithKeysAsync(_ => Results.Text(answer, type), Unknown()));
        Assert.Equal(HttpStatusCode.OK, await world.StatusAsync(world.Issuer.Token("ada"), HttpMethod.Get, "/v1/me"));
    }

    [Fact]
    public async Task A_huge_answer_a_deep_one_and_an_error_harm_nothing()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, await WithKeysAsync(_ => Results.Text($"{{\"keys\":[],\"x\":\"{new string('x', 2_000_000)}\"}}", "application/json"), Unknown()));
        Assert.Equal(HttpStatusCode.Unauthorized, await WithKeysAsync(_ => Results.Text(new string('[', 100_000), "application/json"), Unknown()));
        Assert.Equal(HttpStatusCode.Unauthorized, await WithKeysAsync(_ => Results.StatusCode(500), Unknown()));
        Assert.Equal(HttpStatusCode.OK, await world.StatusAsync(world.Issuer.Token("ada"), HttpMethod.Get, "/v1/me"));
    }

    [Fact]
    public async Task A_key_that_is_too_short_is_not_used()
    {
        using var weak = RSA.Create(1024);
        var parameters = weak.ExportParameters(false);
        var token = FakeIssuer.Assemble(new { alg = "RS256", kid = "weak" }, world.Issuer.Claims("ada"), d => weak.SignData(d, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        var keys = new { keys = new object[] { new { kty = "RSA", kid = "weak", n = Base64Url.EncodeToString(parameters.Modulus), e = Base64Url.EncodeToString(parameters.Exponent) }, world.Issuer.Keys()[0], world.Issuer.Keys()[1] } };
        Assert.Equal(HttpStatusCode.Unauthorized, await WithKeysAsync(_ => Results.Json(keys), token));
    }

    [Fact]
    public async Task A_new_key_of_the_issuer_is_taken_when_a_token_names_it_and_an_old_one_is_forgotten()
    {
        using var next = RSA.Create(2048);
        var parameters = next.ExportParameters(false);
        var token = FakeIssuer.Assemble(new { alg = "RS256", kid = "rsa-2" }, world.Issuer.Claims("ada"), d => next.SignData(d, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.Equal(HttpStatusCode.Unauthorized, await world.StatusAsync(token, HttpMethod.Get, "/v1/me"));
        var keys = new { keys = new object[] { new { kty = "RSA", kid = "rsa-2", n = Base64Url.EncodeToString(parameters.Modulus), e = Base64Url.EncodeToString(parameters.Exponent) } } };
        Assert.Equal(HttpStatusCode.OK, await WithKeysAsync(_ => Results.Json(keys), token));
        Assert.Equal(HttpStatusCode.OK, await world.StatusAsync(world.Issuer.Token("ada"), HttpMethod.Get, "/v1/me"));
        Assert.Equal(HttpStatusCode.Unauthorized, await world.StatusAsync(token, HttpMethod.Get, "/v1/me"));
    }

    [Fact]
    public async Task Claims_of_any_size_and_kind_harm_nothing()
    {
        foreach (var (claim, value) in new (string, object)[] { ("groups", Enumerable.Range(0, 300).Select(i => $"g{i}")), ("groups", new { a = 1 }), ("groups", 7), ("preferred_username", "ada\r\nSet-Cookie: x=1"), ("preferred_username", 7) })
        {
            var claims = world.Issuer.Claims("ada");
            claims[claim] = value;
            using var response = await world.SendAsync(world.Issuer.Sign(claims), HttpMethod.Get, "/v1/me");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.False(response.Headers.Contains("Set-Cookie"));
            Assert.DoesNotContain("\\n", await response.Content.ReadAsStringAsync());
        }
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("'; DROP TABLE operations; --")]
    [InlineData("{{7*7}}${7*7}")]
    [InlineData("a\r\nX-Injected: 1")]
    public async Task A_name_that_an_agent_reports_is_data_and_nothing_else(string name)
    {
        var vm = await world.Fixture.AddVmAsync(VmState.Off, world.Blue, name);
        using var response = await world.SendAsync(TestAccess.Token, HttpMethod.Get, $"/v1/vms/{vm}");
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.DoesNotContain("<script>", text);
        Assert.False(response.Headers.Contains("X-Injected"));
        using var refused = await world.SendAsync(TestAccess.Token, HttpMethod.Post, $"/v1/vms/{vm}/pause");
        Assert.Equal(name, (await world.ReadAsync(TestAccess.Token, $"/v1/vms/{vm}")).GetProperty("name").GetString());
        Assert.DoesNotContain("<script>", Encoding.UTF8.GetString(await refused.Content.ReadAsByteArrayAsync()));
        await OrchestratorFixture.ProblemAsync(refused, 409, "wrong-state");
    }
}
