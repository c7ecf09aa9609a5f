using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Access;

/// <summary>The answer of <c>GET /v1/me</c>.</summary>
internal sealed record MeView
{
    /// <summary>The name in histories.</summary>
    public required string Name { get; init; }

    /// <summary>How the caller has shown who it is.</summary>
    public required CallerKind Kind { get; init; }

    /// <summary>Its roles by resource group; group * is all of them.</summary>
    public required IReadOnlyList<RoleInGroup> Roles { get; init; }

    /// <summary>When its token expires, UTC; absent if it does not.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary><c>GET /v1/me</c>: who the platform takes the caller for, and what it may do.</summary>
internal static class GetMe
{
    public static void Map(RouteGroupBuilder v1) => v1.MapGet("/me", Handle).Reads<MeView>("GetMe", "Access", "Get who the caller is and what it may do.");

    static IResult Handle(HttpContext http)
    {
        var caller = http.Caller();
        return Resources.Ok(new MeView { Name = caller.Name, Kind = caller.Kind, Roles = caller.Roles, ExpiresAt = caller.ExpiresAt });
    }
}
