using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;

namespace HvPlatform.HostAgent.Joining;

/// <summary>Has the platform bind hosts to this agent before it reads their queues.</summary>
interface IHostClaims
{
    /// <summary>Claims hosts. Those that the platform refuses do not keep the others from being managed.</summary>
    /// <exception cref="HvStartupException">The platform refuses the agent itself, or it has to be asked and does not answer.</exception>
    Task<ClaimedHosts> ClaimAsync(IReadOnlyList<HostIdentity> hosts, CancellationToken cancellationToken);
}

/// <summary>What became of a claim.</summary>
/// <param name="Granted">The hosts that the agent may manage.</param>
/// <param name="Refusal">Why it may not manage the others; null if it may manage all.</param>
sealed record ClaimedHosts(IReadOnlySet<HostId> Granted, HvStartupException? Refusal)
{
    public static ClaimedHosts All(IEnumerable<HostIdentity> hosts) => new(hosts.Select(h => h.Id).ToHashSet(), null);
}

/// <summary>An agent that has not joined asks nobody: the broker's user it was given decides.</summary>
sealed class NoClaims : IHostClaims
{
    public Task<ClaimedHosts> ClaimAsync(IReadOnlyList<HostIdentity> hosts, CancellationToken cancellationToken) => Task.FromResult(ClaimedHosts.All(hosts));
}

/// <summary>
/// A joined agent's claims. What the platform has bound once stays bound, so a start does without the platform's API if it does not answer and all hosts are known ones.
/// </summary>
sealed class HostClaims(AgentIdentity identity, PlatformApi api, ILogger<HostClaims> logger) : IHostClaims
{
    public async Task<ClaimedHosts> ClaimAsync(IReadOnlyList<HostIdentity> hosts, CancellationToken cancellationToken)
    {
        try
        {
            await api.ClaimAsync(identity, [.. hosts.Select(h => (h.Id, h.Name))], cancellationToken);
            identity.Keep(identity.Facts with { Hosts = [.. identity.Facts.Hosts.Union(hosts.Select(h => h.Id))] });
            return ClaimedHosts.All(hosts);
        }
        catch (PlatformRefusedException e)
        {
            // A claim is granted or refused as a whole: the others are claimed without those it was refused for.
            var refusal = new HvStartupException("The platform refused this agent's hosts", identity.Facts.Platform.ToString(), e.Detail, e.Advice, e);
            HostIdentity[] others = [.. hosts.Where((_, i) => !e.Fields.Contains(string.Create(CultureInfo.InvariantCulture, $"hosts[{i}]")))];
            if (others.Length == hosts.Count)
            {
                throw refusal;
            }

            return new((others.Length == 0 ? ClaimedHosts.All([]) : await ClaimAsync(others, cancellationToken)).Granted, refusal);
        }
        catch (HttpRequestException e) when (hosts.All(h => identity.Facts.Hosts.Contains(h.Id)))
        {
            Log.ClaimNotRepeated(logger, identity.Facts.Platform, e.GetBaseException().Message);
            return ClaimedHosts.All(hosts);
        }
        catch (HttpRequestException e)
        {
            throw new HvStartupException("The platform cannot be asked for this agent's hosts", identity.Facts.Platform.ToString(), $"{e.GetBaseException().Message.TrimEnd('.')}.",
                "Start the platform's orchestrator, or correct the address by joining again.", e);
        }
    }
}
