using System.Text.Json.Serialization;
using HvPlatform.Contracts.Access;
using Microsoft.AspNetCore.Http.Features;

namespace HvPlatform.Orchestrator.Access;

/// <summary>How a caller has shown who it is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CallerKind>))]
internal enum CallerKind
{
    /// <summary>By the token of this machine.</summary>
    Local,

    /// <summary>By an API token.</summary>
    Token,

    /// <summary>A person, by a token of the configured issuer.</summary>
    Person,
}

/// <summary>A role in a resource group; group <c>*</c> is all of them.</summary>
internal sealed record RoleInGroup(string Group, AccessRole Role)
{
    public const string AllGroups = "*";
}

/// <summary>Who makes a request.</summary>
internal sealed record Caller
{
    /// <summary>The name in histories: <c>local</c>, a token's name, a person's name.</summary>
    public required string Name { get; init; }

    public required CallerKind Kind { get; init; }

    /// <summary>What tells it from every other caller: <c>local</c>, <c>token:ID</c>, <c>user:SUB</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>Groups the issuer says a person is in.</summary>
    public IReadOnlyList<string> Claims { get; init; } = [];

    public IReadOnlyList<RoleInGroup> Roles { get; init; } = [];

    /// <summary>When its credential expires; null if it does not.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>True if the request came with a session's cookie instead of a token.</summary>
    public bool BySession { get; init; }

    /// <summary>How histories name it. What a token or an issuer calls itself cannot be mistaken for another kind of caller.</summary>
    [JsonIgnore]
    public string InHistory => Kind switch
    {
        CallerKind.Local => Name,
        CallerKind.Token => $"token:{Name}",
        _ => Name == "local" || Name.Contains(':', StringComparison.Ordinal) || Name.Contains('(', StringComparison.Ordinal) ? Subject : Name,
    };

    /// <summary>Whether it may say on whose behalf it asks.</summary>
    [JsonIgnore]
    public bool MaySpeakForOthers => MayEverywhere(AccessRole.Admin);

    /// <summary>Whether it has at least this role in all groups.</summary>
    public bool MayEverywhere(AccessRole role) => Roles.Any(r => r.Group == RoleInGroup.AllGroups && r.Role >= role);

    /// <summary>Whether it has at least this role in some group.</summary>
    public bool MaySomewhere(AccessRole role) => Roles.Any(r => r.Role >= role);

    /// <summary>Whether it has at least this role in this group.</summary>
    public bool MayIn(string group, AccessRole role) => Roles.Any(r => (r.Group == group || r.Group == RoleInGroup.AllGroups) && r.Role >= role);
}

/// <summary>The caller of the request at hand.</summary>
internal static class CallerOfRequest
{
    /// <summary>Who makes this request. Every request below /v1 has one, except to endpoints that are anonymous.</summary>
    public static Caller Caller(this HttpContext http) => http.Features.GetRequiredFeature<Caller>();

    /// <summary>The address it came from; behind a trusted proxy the client's (<see cref="TrustedProxies"/>).</summary>
    public static string? Address(this HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : null;
}
