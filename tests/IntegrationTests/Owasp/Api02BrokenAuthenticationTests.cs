using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.IntegrationTests.Owasp;

/// <summary>API2:2023. Tokens that are forged, stale, stolen from elsewhere, or guessed.</summary>
[Collection(OwaspCollection.Name)]
public sealed class Api02BrokenAuthenticationTests(OwaspWorld world)
{
    Task RefusedAsync(string? token) => world.RefusedAsync(token, HttpMethod.Get, "/v1/me", 401, "unauthenticated");

    [Fact]
    public async Task Every_endpoint_asks_who_calls()
    {
        var endpoints = await world.EndpointsAsync();
        Assert.Contains(endpoints, e => e.Anonymous);
        foreach (var (method, path, _) in endpoints.Where(e => !e.Anonymous))
        {
            await world.RefusedAsync(null, method, OwaspWorld.Fill(path, Guid.NewGuid()), 401, "unauthenticated", method == HttpMethod.Get ? null : new { });
        }
    }

    [Fact]
    public async Task Tokens_of_the_issuer_are_taken_with_their_name_and_roles()
    {
        var subject = $"s-{Guid.NewGuid():n}";
        foreach (var token in new[] { world.Issuer.Token(subject), world.Issuer.SignEc(world.Issuer.Claims(subject)) })
        {
            var me = await world.ReadAsync(token, "/v1/me");
            Assert.Equal(("Person", $"{subject}@example.com", 0), (me.GetProperty("kind").GetString(), me.GetProperty("name").GetString(), me.GetProperty("roles").GetArrayLength()));
            Assert.True(me.TryGetProperty("expiresAt", out _));
            await world.RefusedAsync(token, HttpMethod.Get, "/v1/vms", 403, "forbidden");
        }
    }

    [Theory]
    [InlineData("iss", "https://evil.example")]
    [InlineData("iss", null)]
    [InlineData("aud", "another-program")]
    [InlineData("aud", null)]
    [InlineData("sub", null)]
    [InlineData("sub", "")]
    [InlineData("exp", null)]
    public async Task A_claim_that_is_wrong_or_missing_is_refused(string claim, string? value)
    {
        var claims = world.Issuer.Claims("ada");
        claims[claim] = value;
        await RefusedAsync(world.Issuer.Sign(claims.Where(c => c.Value is not null).ToDictionary()));
    }

    [Theory]
    [InlineData("exp", -120)]
    [InlineData("nbf", 3600)]
    public async Task A_token_out_of_its_time_is_refused(string claim, int seconds)
    {
        var claims = world.Issuer.Claims("ada");
        claims[claim] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + seconds;
        await RefusedAsync(world.Issuer.Sign(claims));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("")]
    public async Task A_token_without_a_signature_is_refused(string algorithm)
    {
        await RefusedAsync(FakeIssuer.Assemble(new { alg = algorithm, typ = "JWT", kid = "rsa-1" }, world.Issuer.Claims("ada"), _ => []));
        await RefusedAsync(FakeIssuer.Assemble(new { alg = algorithm, typ = "JWT" }, world.Issuer.Claims("ada"), _ => []));
    }

    [Fact]
    public async Task The_public_key_is_no_shared_secret()
    {
        byte[][] secrets = [world.Issuer.Rsa.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(world.Issuer.Rsa.ExportSubjectPublicKeyInfoPem()), world.Issuer.Rsa.ExportParameters(false).Modulus!];
        foreach (var secret in secrets)
        {
            await RefusedAsync(FakeIssuer.Assemble(new { alg = "HS256", typ = "JWT", kid = "rsa-1" }, world.Issuer.Claims("ada"), data => HMACSHA256.HashData(secret, data)));
        }
    }

    [Fact]
    public async Task Other_algorithms_of_the_right_key_are_refused()
    {
        await RefusedAsync(FakeIssuer.Assemble(new { alg = "RS512", kid = "rsa-1" }, world.Issuer.Claims("ada"), d => world.Issuer.Rsa.SignData(d, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1)));
        await RefusedAsync(FakeIssuer.Assemble(new { alg = "PS256", kid = "rsa-1" }, world.Issuer.Claims("ada"), d => world.Issuer.Rsa.SignData(d, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)));
        await RefusedAsync(FakeIssuer.Assemble(new { alg = "ES256", kid = "rsa-1" }, world.Issuer.Claims("ada"), d => world.Issuer.Ec.SignData(d, HashAlgorithmName.SHA256)));
    }

    [Fact]
    public async Task A_key_of_the_attackers_own_is_not_taken_wherever_the_token_names_it()
    {
        using var own = RSA.Create(2048);
        var parameters = own.ExportParameters(false);
        var jwk = new { kty = "RSA", n = Base64Url.EncodeToString(parameters.Modulus), e = Base64Url.EncodeToString(parameters.Exponent) };
        byte[] Sign(byte[] data) => own.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        object[] headers =
        [
            new { alg = "RS256", kid = "rsa-1" }, new { alg = "RS256", kid = "mine" }, new { alg = "RS256" }, new { alg = "RS256", kid = "rsa-1", jwk }, new { alg = "RS256", kid = "mine", jwk },
            new { alg = "RS256", kid = "mine", jku = "http://127.0.0.1:1/keys" }, new { alg = "RS256", kid = "../../../../etc/passwd" }, new { alg = "RS256", kid = "' OR 1=1 --" },
        ];
        foreach (var header in headers)
        {
            await RefusedAsync(FakeIssuer.Assemble(header, world.Issuer.Claims("ada"), Sign));
        }
    }

    [Fact]
    public async Task A_changed_token_is_refused()
    {
        var parts = world.Issuer.Token("ada").Split('.');
        var claims = world.Issuer.Claims("root");
        var forged = FakeIssuer.Assemble(new { alg = "RS256", kid = "rsa-1" }, claims, _ => []).Split('.')[1];
        await RefusedAsync($"{parts[0]}.{forged}.{parts[2]}");
        await RefusedAsync($"{parts[0]}.{parts[1]}.");
        await RefusedAsync($"{parts[0]}.{parts[1]}");
        await RefusedAsync($"{parts[0]}.{parts[1]}.{parts[2]}.{parts[2]}");
        await RefusedAsync("a.b.c");
        await RefusedAsync("..");
    }

    [Fact]
    public async Task A_very_long_token_is_refused()
    {
        var claims = world.Issuer.Claims("ada");
        claims["padding"] = new string('x', 9000);
        await RefusedAsync(world.Issuer.Sign(claims));
    }

    [Fact]
    public async Task A_revoked_api_token_is_refused_at_once_also_in_a_session_and_an_open_stream()
    {
        var made = await world.MakeTokenAsync("Viewer", "blue");
        var token = made.GetProperty("token").GetString()!;
        using var session = await world.SendAsync(token, HttpMethod.Post, "/v1/session");
        var cookie = ("Cookie", session.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        Assert.Equal(HttpStatusCode.OK, await world.StatusAsync(null, HttpMethod.Get, "/v1/me", null, cookie));
        using var stream = await world.SendAsync(token, HttpMethod.Get, "/v1/events");
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);

        Assert.Equal(HttpStatusCode.NoContent, await world.StatusAsync(TestAccess.Token, HttpMethod.Delete, $"/v1/api-tokens/{made.GetProperty("id").GetGuid()}"));
        await RefusedAsync(token);
        await world.RefusedAsync(null, HttpMethod.Get, "/v1/me", 401, "unauthenticated", null, cookie);
        await (await stream.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null).WaitAsync(TimeSpan.FromSeconds(20));
        await world.RefusedAsync(TestAccess.Token, HttpMethod.Delete, $"/v1/api-tokens/{made.GetProperty("id").GetGuid()}", 404, "api-token-not-found");
    }

    [Fact]
    public async Task An_expired_api_token_is_refused()
    {
        var made = await world.MakeTokenAsync("Viewer", "blue");
        await using (var command = world.Fixture.Host.Database("orchestrator").DataSource.CreateCommand($"UPDATE api_tokens SET expires_at = now() - interval '1 second' WHERE id = '{made.GetProperty("id").GetGuid()}'"))
        {
            await command.ExecuteNonQueryAsync();
        }

        await RefusedAsync(made.GetProperty("token").GetString());
    }

    [Theory]
    [InlineData("hv_")]
    [InlineData("hv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("hv_' OR '1'='1")]
    [InlineData("hv_%00")]
    public async Task A_guessed_api_token_is_refused(string token) => await RefusedAsync(token);

    [Fact]
    public async Task A_token_ends_no_later_than_in_a_year_and_its_secret_is_told_once_and_kept_nowhere()
    {
        var made = await world.MakeTokenAsync("Viewer", "blue");
        var secret = made.GetProperty("token").GetString()!;
        Assert.Matches("^hv_[A-Za-z0-9_-]{43}$", secret);
        Assert.DoesNotContain(secret, (await world.ReadAsync(TestAccess.Token, "/v1/api-tokens")).GetRawText());
        Assert.DoesNotContain(secret[3..], await world.Fixture.ScalarAsync<string>("SELECT string_agg(t::text, ' ') || (SELECT coalesce(string_agg(o::text, ' '), '') FROM outbox o) FROM api_tokens t"));
        await world.RefusedAsync(TestAccess.Token, HttpMethod.Post, "/v1/api-tokens", 400, "invalid-request", new { name = "x", role = "Viewer", groups = new[] { "*" }, expiresAt = TimeProvider.System.GetUtcNow().AddDays(400) });
    }

    [Fact]
    public async Task The_use_of_a_token_is_noted()
    {
        var made = await world.MakeTokenAsync("Viewer", "blue");
        await world.ReadAsync(made.GetProperty("token").GetString()!, "/v1/me");
        var listed = (await world.ReadAsync(TestAccess.Token, "/v1/api-tokens")).GetProperty("items").EnumerateArray().Single(t => t.GetProperty("id").GetGuid() == made.GetProperty("id").GetGuid());
        Assert.True(listed.TryGetProperty("lastUsedAt", out _));
    }
}
