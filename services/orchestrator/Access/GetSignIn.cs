using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Access;

/// <summary>The answer of <c>GET /v1/sign-in</c>.</summary>
internal sealed record SignInView
{
    /// <summary><c>token</c>: a token is entered; <c>oidc</c>: the issuer is asked.</summary>
    public required IReadOnlyList<string> Methods { get; init; }

    /// <summary>Whose tokens are taken; absent without oidc.</summary>
    public string? Issuer { get; init; }

    /// <summary>The platform's name at the issuer.</summary>
    public string? ClientId { get; init; }

    /// <summary>Where a browser is sent to sign in.</summary>
    public string? AuthorizationEndpoint { get; init; }
}

/// <summary><c>GET /v1/sign-in</c>: how a caller can show who it is. Anonymous.</summary>
internal static class GetSignIn
{
    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/sign-in", HandleAsync)
        .Reads<SignInView>("GetSignIn", "Access", "Get the ways to sign in.").WithMetadata(new Anonymous());

    static async Task<IResult> HandleAsync(HttpContext http, OrchestratorOptions options, IssuerKeys issuer)
    {
        var oidc = options.Access.Oidc;
        return Resources.Ok(oidc.IsOn
            ? new SignInView
            {
                Methods = ["token", "oidc"],
                Issuer = oidc.Issuer,
                ClientId = oidc.ClientId ?? oidc.Audience,
                AuthorizationEndpoint = oidc.AuthorizationEndpoint ?? (await issuer.DescribeAsync(http.RequestAborted))?.AuthorizationEndpoint,
            }
            : new SignInView { Methods = ["token"] });
    }
}
