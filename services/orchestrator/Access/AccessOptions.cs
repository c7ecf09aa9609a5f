using System.Net;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Access;

/// <summary>Who may call the API, from where. Configuration section <c>Orchestrator:Access</c>.</summary>
internal sealed record AccessOptions
{
    /// <summary>The file with the local token, which may do everything. Made with a random token if it is not there; null for the default place of this user.</summary>
    public string? TokenFile { get; init; }

    /// <summary>False: there is no local token, only API tokens and people of the issuer.</summary>
    public bool LocalToken { get; init; } = true;

    /// <summary>True: may listen on addresses that other machines reach. Without it the process does not start on such an address.</summary>
    public bool AllowRemote { get; init; }

    /// <summary>Names and addresses, without ports, that a request may have in its Host header besides those of this machine itself. With <see cref="AllowRemote"/> and none given: any.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>
    /// Addresses and networks of proxies whose <c>X-Forwarded-For</c>, <c>X-Forwarded-Proto</c> and <c>X-Forwarded-Host</c> are believed (<see cref="Access.TrustedProxies"/>); none by default.
    /// </summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>How long a browser stays signed in, at most.</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>Whose tokens of people are taken.</summary>
    public OidcOptions Oidc { get; init; } = new();

    /// <summary>How many requests are taken.</summary>
    public RateLimitOptions RateLimits { get; init; } = new();

    /// <summary>Refusals that are alike are told to the history once in this time.</summary>
    public TimeSpan RefusalInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The settings make sense.</summary>
    /// <exception cref="HvStartupException">They do not.</exception>
    public void Check()
    {
        if (SessionLifetime <= TimeSpan.Zero || RefusalInterval <= TimeSpan.Zero || !RateLimits.IsValid)
        {
            throw new HvStartupException("A setting cannot be used", "Orchestrator:Access", "SessionLifetime, RefusalInterval and the bursts of RateLimits must be positive, the rates not negative.", "Correct or remove it.");
        }

        _ = Access.TrustedProxies.Read(this);
        _ = Oidc.ReadClientSecret();
        if (Oidc.Wrong() is { } wrong)
        {
            throw new HvStartupException("Tokens of people cannot be taken", "Orchestrator:Access:Oidc", wrong, "Correct it (docs/howto/access.md).");
        }
    }

    /// <summary>Whether a Host header is one this process answers to. Pages of other sites can make a browser send requests here, but not with a Host that is ours.</summary>
    public bool IsOwnHost(string host) =>
        (AllowRemote && AllowedHosts.Count == 0) || IsLoopback(host) || AllowedHosts.Contains(host, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether only this machine can mean this host.</summary>
    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    static bool IsOpen(string url) => BindingAddress.Parse(url) is var address && !address.IsUnixPipe && !address.IsNamedPipe && !IsLoopback(address.Host);

    /// <summary>Refuses to listen where other machines reach it, unless that is wanted.</summary>
    /// <exception cref="HvStartupException">An address is not a loopback one.</exception>
    public void CheckAddresses(IEnumerable<string> urls)
    {
        if (!AllowRemote && urls.FirstOrDefault(IsOpen) is { } open)
        {
            throw new HvStartupException("The API does not listen where other machines reach it", "Hv:Urls", $"'{open}' is no loopback address, and whoever has the local token may do everything.",
                "Use http://127.0.0.1:8080, or set Orchestrator:Access:AllowRemote=true once API tokens or an issuer are set up and TLS ends in front of it (docs/howto/access.md).");
        }
    }
}
