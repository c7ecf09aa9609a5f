using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HvPlatform.IntegrationTests.Owasp;

/// <summary>An issuer of tokens that is as good or as bad as a test wants it.</summary>
public sealed class FakeIssuer : IAsyncDisposable
{
    public const string Audience = "hvplatform";

    readonly WebApplication app;
    int fetches;

    FakeIssuer(WebApplication app) => this.app = app;

    /// <summary>The key it publishes as <c>rsa-1</c>.</summary>
    public RSA Rsa { get; } = RSA.Create(2048);

    /// <summary>The key it publishes as <c>ec-1</c>.</summary>
    public ECDsa Ec { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Issuer => app.Urls.First();

    /// <summary>How often its keys were asked for.</summary>
    public int Fetches => Volatile.Read(ref fetches);

    /// <summary>What it answers instead of its keys.</summary>
    public Func<HttpContext, IResult>? Jwks { get; set; }

    /// <summary>What it answers instead of its description.</summary>
    public Func<HttpContext, IResult>? Description { get; set; }

    /// <summary>What it gives for a code.</summary>
    public Func<IFormCollection, IResult>? Redeem { get; set; }

    public static async Task<FakeIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var issuer = new FakeIssuer(builder.Build());
        issuer.app.Urls.Add("http://127.0.0.1:0");
        issuer.app.MapGet("/.well-known/openid-configuration", (HttpContext http) => issuer.Description?.Invoke(http)
            ?? Results.Json(new { issuer = issuer.Issuer, jwks_uri = $"{issuer.Issuer}/jwks", authorization_endpoint = $"{issuer.Issuer}/authorize", token_endpoint = $"{issuer.Issuer}/token" }));
        issuer.app.MapGet("/jwks", (HttpContext http) =>
        {
            Interlocked.Increment(ref issuer.fetches);
            return issuer.Jwks?.Invoke(http) ?? Results.Json(new { keys = issuer.Keys() });
        });
        issuer.app.MapPost("/token", async (HttpContext http) => issuer.Redeem?.Invoke(await http.Request.ReadFormAsync()) ?? Results.BadRequest(new { error = "invalid_grant" }));
        await issuer.app.StartAsync();
        return issuer;
    }

    /// <summary>Its keys as it publishes them.</summary>
    public object[] Keys()
    {
        var (rsa, ec) = (Rsa.ExportParameters(false), Ec.ExportParameters(false));
        return
        [
            new { kty = "RSA", kid = "rsa-1", use = "sig", alg = "RS256", n = Base64Url.EncodeToString(rsa.Modulus), e = Base64Url.EncodeToString(rsa.Exponent) },
            new { kty = "EC", kid = "ec-1", use = "sig", crv = "P-256", x = Base64Url.EncodeToString(ec.Q.X), y = Base64Url.EncodeToString(ec.Q.Y) },
        ];
    }

    /// <summary>The claims of a good token.</summary>
    public Dictionary<string, object?> Claims(string subject)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return new()
        {
            ["iss"] = Issuer,
            ["aud"] = Audience,
            ["sub"] = subject,
            ["preferred_username"] = $"{subject}@example.com",
            ["iat"] = now,
            ["nbf"] = now - 5,
            ["exp"] = now + 600,
        };
    }

    /// <summary>A good token.</summary>
    public string Token(string subject, params string[] groups)
    {
        var claims = Claims(subject);
        claims["groups"] = groups;
        return Sign(claims);
    }

    /// <summary>A token signed with RS256.</summary>
    public string Sign(object claims, object? header = null) =>
        Assemble(header ?? new { alg = "RS256", typ = "JWT", kid = "rsa-1" }, claims, data => Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    /// <summary>A token signed with ES256.</summary>
    public string SignEc(object claims) => Assemble(new { alg = "ES256", kid = "ec-1" }, claims, data => Ec.SignData(data, HashAlgorithmName.SHA256));

    /// <summary>A token of any make.</summary>
    public static string Assemble(object header, object claims, Func<byte[], byte[]> sign)
    {
        var text = $"{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header))}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{text}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        Rsa.Dispose();
        Ec.Dispose();
    }
}
