using System.Collections.Concurrent;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Telemetry.Facts;

/// <summary>What was last heard from each host. A host silent for three heartbeats counts as down, as <see cref="HostRegistered.HeartbeatSeconds"/> says.</summary>
public sealed class HostReachability(TimeProvider time)
{
    static readonly TimeSpan s_usualInterval = TimeSpan.FromSeconds(5);
    readonly ConcurrentDictionary<HostId, Host> _hosts = new();

    /// <summary>An agent has started.</summary>
    public void Registered(HostRegistered host) =>
        _hosts[host.HostId] = new(time.GetTimestamp(), TimeSpan.FromSeconds(host.HeartbeatSeconds), HypervisorReachable: true, Stopped: false);

    /// <summary>An agent lives.</summary>
    public void Heard(HostHeartbeat beat) => _hosts.AddOrUpdate(
        beat.HostId,
        _ => new(time.GetTimestamp(), s_usualInterval, beat.HypervisorReachable, Stopped: false),
        (_, host) => host with { HeardAt = time.GetTimestamp(), HypervisorReachable = beat.HypervisorReachable, Stopped = false });

    /// <summary>An agent stops in good order.</summary>
    public void Stopping(HostAgentStopping host)
    {
        if (_hosts.TryGetValue(host.HostId, out var known))
        {
            _hosts[host.HostId] = known with { Stopped = true };
        }
    }

    /// <summary>How many hosts are in each state: <c>reachable</c>, <c>hypervisor_down</c>, <c>silent</c>, <c>agent_stopped</c>. Every state is always there.</summary>
    public IReadOnlyList<(string State, int Count)> Count()
    {
        var states = _hosts.Values.Select(StateOf).ToArray();
        return [.. new[] { "reachable", "hypervisor_down", "silent", "agent_stopped" }.Select(state => (state, states.Count(s => s == state)))];
    }

    // Measured by our own clock from the moment of arrival: the clocks of hosts are not ours.
    string StateOf(Host host) => host switch
    {
        { Stopped: true } => "agent_stopped",
        _ when time.GetElapsedTime(host.HeardAt) > 3 * host.Interval => "silent",
        { HypervisorReachable: false } => "hypervisor_down",
        _ => "reachable",
    };

    sealed record Host(long HeardAt, TimeSpan Interval, bool HypervisorReachable, bool Stopped);
}
