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

    /// <summary>Live or cold.</summary>
    public MigrationMode Mode { get; init; } = MigrationMode.Auto;

    /// <summary>What happens to disks that the destination does not reach.</summary>
    public MigrationStorage Storage { get; init; } = MigrationStorage.Shared;

    /// <summary>What to do, and when, about a transfer that does not end by itself; in the order of time. Empty: wait until <see cref="TimeoutSeconds"/>.</summary>
    public IReadOnlyList<ConvergenceStep> Ladder { get; init; } = [];

    /// <summary>Measure the guest's dirty rate before the start (takes about 1 s) and say whether the transfer will end.</summary>
    public bool Forecast { get; init; } = false;

    /// <summary>Do not start a transfer that is forecast not to end. Implies <see cref="Forecast"/>.</summary>
    public bool RequireConvergence { get; init; } = false;

    /// <summary>What only Hyper-V offers; null for none of it. Refused by a host that does not list the facet <c>migration-hyperv</c>.</summary>
    public HyperVMigrationOptions? HyperV { get; init; }
}
