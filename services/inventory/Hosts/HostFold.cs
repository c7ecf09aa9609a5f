using HvPlatform.Contracts.History;

namespace HvPlatform.Inventory.Hosts;

/// <summary>What each event does to a host's row, for the consumers and the rebuild alike.</summary>
internal static class HostFold
{
    public static HostRecord? Apply(HostRecord? host, object e, DateTimeOffset at)
    {
        if (e is HostJoined j)
        {
            return new()
            {
                Id = j.HostId,
                Version = 1,
                Name = j.Name,
                Kind = j.Kind,
                Capabilities = j.Capabilities,
                AgentVersion = j.AgentVersion,
                HeartbeatSeconds = j.HeartbeatSeconds,
                Reachability = HostReachability.Online,
                ReachabilitySince = at,
                JoinedAt = at,
                ChangedAt = at,
            };
        }

        if (host is null)
        {
            return null;
        }

        var next = e switch
        {
            HostCapabilitiesChanged x => host with
            {
                Name = x.Name,
                Kind = x.Kind,
                Capabilities = x.Capabilities,
                AgentVersion = x.AgentVersion,
                HeartbeatSeconds = x.HeartbeatSeconds,
            },
            HostUnreachable x => host with { Reachability = x.Reachability, ReachabilitySince = at, Error = x.Error },
            HostReachable => host with { Reachability = HostReachability.Online, ReachabilitySince = at, Error = null },
            HostAgentStopped => host with { Reachability = HostReachability.AgentStopped, ReachabilitySince = at, Error = null },
            HostMaintenanceEntered x => host with { Maintenance = new(x.At, x.Trail.RequestedBy, x.Trail.Reason) },
            HostMaintenanceLeft => host with { Maintenance = null },
            _ => host,
        };
        return next with { Version = host.Version + 1, ChangedAt = at };
    }
}
