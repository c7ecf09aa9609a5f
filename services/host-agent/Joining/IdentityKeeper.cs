using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.HostAgent.Joining;

/// <summary>
/// Renews the agent's certificate when a third of its time is left, and fetches the list of revoked certificates every minute. What fails is tried again a minute later; a
/// certificate that nears its end is an error in the log long before.
/// </summary>
sealed class IdentityKeeper(AgentIdentity identity, PlatformApi api, TimeProvider time, ILogger<IdentityKeeper> logger) : BackgroundService
{
    static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);

    /// <summary>Whether the certificate should be renewed by now.</summary>
    public bool IsDue
    {
        get
        {
            var (begin, end) = (identity.Certificate.NotBefore.ToUniversalTime(), identity.Certificate.NotAfter.ToUniversalTime());
            return time.GetUtcNow() > end - ((end - begin) / 3);
        }
    }

    /// <summary>Gets a certificate for a new key; from then on it is shown.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        using var key = new FreshKey();
        var renewed = await api.RenewAsync(identity, key.SigningRequest, cancellationToken);
        using var certificate = X509Certificate2.CreateFromPem(renewed.Certificate);
        if (identity.WhyRefused(certificate, PlatformCertificate.Agent) is { } why || PlatformCertificate.NameOf(certificate) != identity.Facts.AgentId.ToString())
        {
            throw new CryptographicException($"The certificate that came back cannot be used: {PlatformCertificate.NameOf(certificate)}.");
        }

        identity.Renew(key.With(renewed.Certificate));
        if (renewed.Broker is { } url && new Uri(url) is var broker && broker != identity.Facts.Broker)
        {
            identity.Keep(identity.Facts with { Broker = broker });
            Log.BrokerMoved(logger, broker);
        }

        Log.Renewed(logger, new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        do
        {
            await TryAsync(async () => identity.Take(await api.RevokedAsync(stoppingToken)), Log.RevokedNotFetched);
            if (IsDue)
            {
                await TryAsync(() => RenewAsync(stoppingToken), (l, e) => Log.NotRenewed(l, e, new DateTimeOffset(identity.Certificate.NotAfter.ToUniversalTime())));
            }
        }
        while (await NextAsync(timer, stoppingToken));
    }

    async Task TryAsync(Func<Task> work, Action<ILogger, Exception> failed)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is HttpRequestException or PlatformRefusedException or CryptographicException or IOException or UnauthorizedAccessException)
        {
            failed(logger, e);
        }
        catch (OperationCanceledException)
        {
            // The agent stops.
        }
    }

    static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
