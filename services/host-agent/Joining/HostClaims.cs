using HvPlatform.Hypervisors;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.HostAgent.Joining;

/// <summary>Has the platform bind hosts to this agent before it reads their queues.</summary>
interface IHostClaims
{
    /// <exception cref="HvStartupException">The platform refuses, or it has to be asked and does not answer.</exception>
    Task ClaimAsync(IReadOnlyList<HostIdentity> hosts, CancellationToken cancellationToken);
}

/// <summary>An agent that has not joined asks nobody: the broker's user it was given decides.</summary>
sealed class NoClaims : IHostClaims
{
    public Task ClaimAsync(IReadOnlyList<HostIdentity> hosts, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>
/// A joined agent's claims. What the platform has bound once stays bound, so a start does without the platform's API if it does not answer and all hosts are known ones.
/// </summary>
sealed class HostClaims(AgentIdentity identity, PlatformApi api, ILogger<HostClaims> logger) : IHostClaims
{
    public async Task ClaimAsync(IReadOnlyList<HostIdentity> hosts, CancellationToken cancellationToken)
    {
        try
        {
            await api.ClaimAsync(identity, [.. hosts.Select(h => (h.Id, h.Name))], cancellationToken);
            identity.Keep(identity.Facts with { Hosts = [.. identity.Facts.Hosts.Union(hosts.Select(h => h.Id))] });
        }
        catch (PlatformRefusedException e)
        {
            throw new HvStartupException("The platform refused this agent's hosts", identity.Facts.Platform.ToString(), e.Detail, e.Advice, e);
        }
        catch (HttpRequestException e) when (hosts.All(h => identity.Facts.Hosts.Contains(h.Id)))
        {
            Log.ClaimNotRepeated(logger, identity.Facts.Platform, e.GetBaseException().Message);
        }
        catch (HttpRequestException e)
        {
            throw new HvStartupException("The platform cannot be asked for this agent's hosts", identity.Facts.Platform.ToString(), $"{e.GetBaseException().Message.TrimEnd('.')}.",
                "Start the platform's orchestrator, or correct the address by joining again.", e);
        }
    }
}
