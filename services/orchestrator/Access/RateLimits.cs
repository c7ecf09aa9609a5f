using System.Globalization;
using System.Threading.RateLimiting;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;

namespace HvPlatform.Orchestrator.Access;

/// <summary>How many requests are taken. Configuration section <c>Orchestrator:Access:RateLimits</c>; 0 for no limit.</summary>
internal sealed record RateLimitOptions
{
    /// <summary>Requests per second of one caller.</summary>
    public int PerSecond { get; init; } = 100;

    /// <summary>Requests of one caller at once, after a rest.</summary>
    public int Burst { get; init; } = 500;

    /// <summary>The same for the holder of the local token, who is one and may do everything.</summary>
    public int LocalPerSecond { get; init; }

    /// <summary>Requests per second of one address by which nobody is known: without a token, with one that was not good a moment ago, to anonymous endpoints.</summary>
    public int AnonymousPerSecond { get; init; } = 10;

    /// <summary>The same at once.</summary>
    public int AnonymousBurst { get; init; } = 100;

    /// <summary>Sign-ins (sessions) per second of one address.</summary>
    public int SignInsPerSecond { get; init; } = 2;

    /// <summary>The same at once.</summary>
    public int SignInBurst { get; init; } = 20;

    /// <summary>Whether the values make sense.</summary>
    public bool IsValid => PerSecond >= 0 && Burst >= 1 && LocalPerSecond >= 0 && AnonymousPerSecond >= 0 && AnonymousBurst >= 1 && SignInsPerSecond >= 0 && SignInBurst >= 1;
}

/// <summary>Counts requests, a bucket of tokens per caller and per address.</summary>
internal sealed class RateLimits(OrchestratorOptions options) : IDisposable
{
    const string RetrySoon = "1";

    readonly PartitionedRateLimiter<Partition> limiter = PartitionedRateLimiter.Create<Partition, Partition>(p => p.PerSecond == 0
        ? RateLimitPartition.GetNoLimiter(p)
        : RateLimitPartition.GetTokenBucketLimiter(p, _ => new()
        {
            TokenLimit = Math.Max(p.Burst, p.PerSecond),
            TokensPerPeriod = p.PerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = 0,
            AutoReplenishment = true,
        }));

    RateLimitOptions Limits => options.Access.RateLimits;

    /// <summary>Null if a caller's request is taken.</summary>
    public Refusal? Take(HttpContext http, Caller caller) => Take(
        http,
        caller.Kind == CallerKind.Local ? new(caller.Subject, Limits.LocalPerSecond, Limits.LocalPerSecond * 5) : new(caller.Subject, Limits.PerSecond, Limits.Burst),
        "The caller");

    /// <summary>Null if a request by which nobody is known is taken.</summary>
    public Refusal? TakeAnonymous(HttpContext http) => Take(http, new($"anonymous {http.Address()}", Limits.AnonymousPerSecond, Limits.AnonymousBurst), "This address, without a valid token,");

    /// <summary>Null if a request is taken whose token or cookie was not good lately: apart from those without any, which are no guesses.</summary>
    public Refusal? TakeUnknown(HttpContext http, string? credential) => credential is null
        ? TakeAnonymous(http)
        : Take(http, new($"unknown {http.Address()}", Limits.AnonymousPerSecond, Limits.AnonymousBurst), "This address, without a valid token,");

    /// <summary>Null if a sign-in is taken.</summary>
    public Refusal? TakeSignIn(HttpContext http) => Take(http, new($"sign-in {http.Address()}", Limits.SignInsPerSecond, Limits.SignInBurst), "This address, with sign-ins,");

    public void Dispose() => limiter.Dispose();

    Refusal? Take(HttpContext http, Partition partition, string who)
    {
        var headers = http.Response.Headers;
        if (partition.PerSecond == 0)
        {
            // Not those of the address, from before it was known who asks.
            headers.Remove("RateLimit-Limit");
            headers.Remove("RateLimit-Remaining");
            headers.Remove("RateLimit-Reset");
            return null;
        }

        using var lease = limiter.AttemptAcquire(partition);
        var left = limiter.GetStatistics(partition)?.CurrentAvailablePermits ?? 0;
        headers["RateLimit-Limit"] = Math.Max(partition.Burst, partition.PerSecond).ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Remaining"] = left.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Reset"] = RetrySoon;
        return lease.IsAcquired
            ? null
            : Refusals.Of(ErrorKind.Resource, "rate-limited", string.Create(CultureInfo.InvariantCulture, $"{who} has sent more than {partition.PerSecond} requests per second."),
                "Wait, and ask less often: follow GET /v1/events instead of polling.") with
            { RetryAfterSeconds = 1 };
    }

    sealed record Partition(string Key, int PerSecond, int Burst);
}
