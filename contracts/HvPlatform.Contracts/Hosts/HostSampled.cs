namespace HvPlatform.Contracts.Hosts;

/// <summary>
/// Figures of a host and of every VM that runs there, read at one moment; one message per host and interval. Not durable: who does not receive it has a
/// gap, never a zero. The agent publishes it, telemetry keeps it. Rates are made by the agent, which alone sees when a counter begins again
/// (a VM was restarted, or came from another host); they are missing for that interval.
/// </summary>
public sealed record HostSampled
{
    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>When the figures were read, UTC, by the host's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What the rates are the mean of, s; null if there are no rates, since nothing was read before.</summary>
    public double? IntervalSeconds { get; init; }

    /// <summary>Of all the host's processors in use, 0-100; null if the hypervisor does not say.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Memory in use, MiB; null if the hypervisor does not say.</summary>
    public long? MemoryUsedMiB { get; init; }

    /// <summary>Memory there is, MiB; null if the hypervisor does not say.</summary>
    public long? MemoryTotalMiB { get; init; }

    /// <summary>VMs that run.</summary>
    public required int RunningVms { get; init; }

    /// <summary>The VMs that run.</summary>
    public required IReadOnlyList<HostVmSample> Vms { get; init; }
}
