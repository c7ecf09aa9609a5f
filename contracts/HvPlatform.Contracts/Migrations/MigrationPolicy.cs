namespace HvPlatform.Contracts.Migrations;

/// <summary>How a migration may go about it.</summary>
public sealed record MigrationPolicy
{
    /// <summary>Most bandwidth to use, MiB/s; null for no cap.</summary>
    public int? BandwidthMiBps { get; init; }

    /// <summary>Longest pause of the guest at the switch-over, ms; null for the hypervisor's default (libvirt: 300).</summary>
    public int? MaxDowntimeMs { get; init; }

    /// <summary>Slow the guest's CPUs if it dirties memory faster than it can be copied.</summary>
    public bool AutoConverge { get; init; } = false;

    /// <summary>Give up the transfer after this long, s.</summary>
    public int TimeoutSeconds { get; init; } = 3600;
}
