using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Access;

/// <summary>Whose tokens of people are taken. Configuration section <c>Orchestrator:Access:Oidc</c>.</summary>
internal sealed record OidcOptions
{
    /// <summary>The issuer, exactly as its tokens name it. Empty: no tokens of people are taken.</summary>
    public string? Issuer { get; init; }

    /// <summary>Whom the tokens must be for.</summary>
    public string? Audience { get; init; }

    /// <summary>Where the issuer's keys are; null to ask <c>ISSUER/.well-known/openid-configuration</c>.</summary>
    public string? JwksUri { get; init; }

    /// <summary>The platform's name at the issuer, for the dashboard; default <see cref="Audience"/>.</summary>
    public string? ClientId { get; init; }

    /// <summary>Where a browser is sent to sign in; null to ask the issuer.</summary>
    public string? AuthorizationEndpoint { get; init; }

    /// <summary>Where codes are redeemed; null to ask the issuer.</summary>
    public string? TokenEndpoint { get; init; }

    /// <summary>What the platform shows the issuer when it redeems a code, or <see cref="ClientSecretFile"/>; null for a public client, which PKCE is enough for.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>A file with it.</summary>
    public string? ClientSecretFile { get; init; }

    /// <summary>What is asked of the issuer when a person signs in; <c>openid</c> is needed.</summary>
    public string Scopes { get; init; } = "openid profile";

    /// <summary>The claim with the name shown in histories; without it the subject is shown.</summary>
    public string NameClaim { get; init; } = "preferred_username";

    /// <summary>The claim with the groups of the issuer that a person is in.</summary>
    public string GroupsClaim { get; init; } = "groups";

    /// <summary>How long keys are used before they are fetched again.</summary>
    public TimeSpan KeyLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The least time between two fetches, also when tokens name keys that are not known.</summary>
    public TimeSpan KeyPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether tokens of people are taken.</summary>
    public bool IsOn => !string.IsNullOrEmpty(Issuer);

    /// <summary>What is wrong with the values; null if nothing is.</summary>
    public string? Wrong() =>
        !IsOn ? null
        : string.IsNullOrEmpty(Audience) ? "Audience is empty: tokens for other programs would be taken."
        : new[] { Issuer, JwksUri, AuthorizationEndpoint, TokenEndpoint }.OfType<string>().FirstOrDefault(url => !IsSafe(url)) is { } open ? $"'{open}' is no https:// address (http:// only on a loopback address): keys could be replaced on the way."
        : KeyLifetime <= TimeSpan.Zero || KeyPause < TimeSpan.Zero ? "KeyLifetime must be positive and KeyPause not negative."
        : null;

    /// <summary>The secret of this client; null if it has none.</summary>
    /// <exception cref="HvStartupException">Its file cannot be read.</exception>
    public string? ReadClientSecret()
    {
        try
        {
            return ClientSecretFile is { } file ? File.ReadAllText(file).Trim() : ClientSecret;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HvStartupException("A setting cannot be used", "Orchestrator:Access:Oidc:ClientSecretFile", $"{e.Message.TrimEnd('.')}.", "Name a file that this process can read.", e);
        }
    }

    /// <summary>Whether what comes from an address cannot be changed on the way.</summary>
    public static bool IsSafe(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0 && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
}
