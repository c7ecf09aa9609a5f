using HvPlatform.Orchestrator.Accepting;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// Reads tokens of the issuer (RFC 7519): signed with RS256 or ES256 by one of its keys, for this platform, and in their time. Nothing else is taken: no other algorithm, above all not none and none
/// with a shared secret, and no token that names its key by anything but an id that the issuer publishes.
/// </summary>
internal sealed class PersonTokens(OrchestratorOptions options, IssuerKeys keys, TimeProvider clock)
{
    const int MaxGroups = 200;
    const int MaxTextLength = 250;
    static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);
    static readonly string[] Algorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256];

    readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false };

    /// <summary>The person a token is of, without roles, or why it is not taken.</summary>
    public Task<Outcome<Caller>> ReadAsync(string token, CancellationToken cancellationToken) => ReadAsync(token, options.Access.Oidc.Audience, null, cancellationToken);

    /// <summary>The same of a token for this audience, and, if one is given, with this nonce.</summary>
    public async Task<Outcome<Caller>> ReadAsync(string token, string? audience, string? nonce, CancellationToken cancellationToken)
    {
        var oidc = options.Access.Oidc;
        if (!oidc.IsOn || token.Count(c => c == '.') != 2)
        {
            return Authenticator.Unauthenticated("The token is not known here.");
        }

        JsonWebToken parsed;
        try
        {
            parsed = handler.ReadJsonWebToken(token);
        }
        catch (ArgumentException)
        {
            return Authenticator.Unauthenticated("The token is damaged.");
        }

        if (!Algorithms.Contains(parsed.Alg) || parsed.Kid is not { Length: > 0 and <= 200 } kid)
        {
            return Authenticator.Unauthenticated("The token is not signed with RS256 or ES256 by a key with an id.");
        }

        if (await keys.FindAsync(kid, cancellationToken) is not { } key)
        {
            return Authenticator.Unauthenticated("The token is signed with a key that the issuer does not publish.");
        }

        var result = await handler.ValidateTokenAsync(parsed, new TokenValidationParameters
        {
            ValidIssuer = oidc.Issuer,
            ValidAudience = audience,
            ValidAlgorithms = Algorithms,
            IssuerSigningKey = key,
            TryAllIssuerSigningKeys = false,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = (from, to, _, _) => to is { } end && end + Skew > Now && !(from > Now + Skew),
        });
        if (!result.IsValid)
        {
            return Authenticator.Unauthenticated(Why(result.Exception));
        }

        if (nonce is not null && (!parsed.TryGetPayloadValue<string>("nonce", out var made) || made != nonce))
        {
            return Authenticator.Unauthenticated("The token was not made for this sign-in.");
        }

        return parsed.Subject is { Length: > 0 and <= MaxTextLength } subject && !subject.Any(char.IsControl)
            ? new Caller
            {
                Name = Name(parsed, oidc.NameClaim) ?? subject,
                Kind = CallerKind.Person,
                Subject = $"user:{subject}",
                Claims = Groups(parsed, oidc.GroupsClaim),
                ExpiresAt = new DateTimeOffset(parsed.ValidTo, TimeSpan.Zero),
            }
            : Authenticator.Unauthenticated("The token names nobody: it has no subject.");
    }

    DateTime Now => clock.GetUtcNow().UtcDateTime;

    static string Why(Exception? e) => e switch
    {
        SecurityTokenInvalidIssuerException => "The token is of another issuer.",
        SecurityTokenInvalidAudienceException => "The token is for another program.",
        SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException or SecurityTokenNotYetValidException or SecurityTokenNoExpirationException => "The token has expired or is not valid yet.",
        _ => "The token's signature is not right.",
    };

    static string? Name(JsonWebToken token, string claim) =>
        token.TryGetPayloadValue<string>(claim, out var name) && !string.IsNullOrWhiteSpace(name) && name.Length <= MaxTextLength && !name.Any(char.IsControl) ? name.Trim() : null;

    static IReadOnlyList<string> Groups(JsonWebToken token, string claim) =>
        [.. token.Claims.Where(c => c.Type == claim && c.Value.Length is > 0 and <= MaxTextLength && !c.Value.Any(char.IsControl)).Select(c => c.Value).Distinct(StringComparer.Ordinal).Take(MaxGroups)];
}
