using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HvPlatform.Contracts;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// A sign-in at the issuer that has begun, as the browser keeps it in a cookie meanwhile: by it the answer is known to belong to this browser (<see cref="State"/>), the code is worthless to
/// anybody else (<see cref="Verifier"/>, RFC 7636), and the token is known to be made for it (<see cref="Nonce"/>). Nothing is kept here.
/// </summary>
internal sealed record SignInAttempt
{
    public const string CookieName = "hv-sign-in";
    const int MaxCookieLength = 4000;
    const int MaxReturnTo = 1000;
    static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public required string State { get; init; }

    public required string Verifier { get; init; }

    public required string Nonce { get; init; }

    /// <summary>The page to go back to.</summary>
    public required string ReturnTo { get; init; }

    /// <summary>SHA-256 of <see cref="Verifier"/>, for the issuer.</summary>
    public string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    /// <summary>A new one. Another site's address is not gone back to.</summary>
    public static SignInAttempt To(string? returnTo) => new()
    {
        State = TokenHash.NewSecret(""),
        Verifier = TokenHash.NewSecret(""),
        Nonce = TokenHash.NewSecret(""),
        ReturnTo = returnTo is { Length: <= MaxReturnTo } && IsOwnPage(returnTo) ? returnTo : "/",
    };

    /// <summary>Keeps it in the browser.</summary>
    public void Keep(HttpContext http) =>
        http.Response.Cookies.Append(CookieName, Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this, HvJson.Options)), CookieOf(http, Lifetime));

    /// <summary>The one that this browser has begun with this state; it is forgotten. Null if there is none.</summary>
    public static SignInAttempt? Take(HttpContext http, string? state)
    {
        var cookie = http.Request.Cookies[CookieName];
        http.Response.Cookies.Delete(CookieName, CookieOf(http, TimeSpan.Zero));
        if (cookie is not { Length: > 0 and <= MaxCookieLength } || state is null)
        {
            return null;
        }

        try
        {
            var attempt = JsonSerializer.Deserialize<SignInAttempt>(Base64Url.DecodeFromChars(cookie), HvJson.Options);
            return attempt is not null && IsOwnPage(attempt.ReturnTo) && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(attempt.State), Encoding.UTF8.GetBytes(state)) ? attempt : null;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }

    /// <summary>A path of this site. Two slashes, or a backslash, would begin the name of another one.</summary>
    static bool IsOwnPage(string path) => path.StartsWith('/') && !path.StartsWith("//", StringComparison.Ordinal) && !path.Contains('\\', StringComparison.Ordinal) && !path.Any(char.IsControl);

    /// <summary>Lax: the browser comes back from another site, and has to bring it along.</summary>
    static CookieOptions CookieOf(HttpContext http, TimeSpan lifetime) =>
        new() { HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = http.Request.IsHttps, Path = "/v1/sign-in", MaxAge = lifetime, IsEssential = true };
}
