using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Orchestrator.Operations;

namespace HvPlatform.Orchestrator.Migrations;

/// <summary>A migration as the API shows it: the orchestrator's own row, with what the inventory has recorded of its course.</summary>
internal sealed record MigrationView
{
    public required OperationId Id { get; init; }

    public required VmId VmId { get; init; }

    public required string VmName { get; init; }

    public required HostId SourceHostId { get; init; }

    public string? SourceHostName { get; init; }

    public required HostId DestinationHostId { get; init; }

    public string? DestinationHostName { get; init; }

    public required OperationStatus Status { get; init; }

    public required MigrationPhase Phase { get; init; }

    /// <summary>The phases entered so far, in order.</summary>
    public required IReadOnlyList<MigrationPhaseEntry> Phases { get; init; }

    /// <summary>The transfer's figures, while and after it runs.</summary>
    public MigrationProgress? Progress { get; init; }

    public DateTimeOffset? ProgressAt { get; init; }

    public required MigrationPolicy Policy { get; init; }

    /// <summary>The fencing token granted to it.</summary>
    public required long Epoch { get; init; }

    /// <summary>Who asked, why, when.</summary>
    public required Trail Trail { get; init; }

    public DateTimeOffset? CancelRequestedAt { get; init; }

    /// <summary>Why it did not complete, down to the hypervisor's own error.</summary>
    public ErrorInfo? Error { get; init; }

    /// <summary>What is expected of the transfer; there if the policy asked for it.</summary>
    public MigrationForecast? Forecast { get; init; }

    /// <summary>The share of its hosts' migration bandwidth granted to it, MiB/s; missing if there is no limit.</summary>
    public int? GrantedBandwidthMiBps { get; init; }

    /// <summary>Why it has not begun: the limit it waits for, with its numbers.</summary>
    public MigrationWaiting? Waiting { get; init; }

    /// <summary>Of a migration in doubt: what is not known, since when, who does not answer.</summary>
    public MigrationDoubtView? Doubt { get; init; }

    /// <summary>Of a migration in doubt: who has not answered.</summary>
    public IReadOnlyList<HostId>? UnansweredHostIds { get; init; }

    /// <summary>What an operator asserted about a migration in doubt, and what became of it.</summary>
    public OperatorResolution? Resolution { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>From acceptance to the end.</summary>
    public long? TotalMs { get; init; }

    /// <summary>How long the guest was paused, as the hypervisor measured.</summary>
    public long? DowntimeMs { get; init; }

    public long? TransferredBytes { get; init; }

    /// <summary>Files of copied disks that stay on the source until a person removes them.</summary>
    public IReadOnlyList<string>? LeftOnSource { get; init; }

    /// <summary>The instant this is the view of; absent for now, and in lists, which say it once.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>In a view of the past: the members that are absent because they have no history.</summary>
    public IReadOnlyList<string>? NotKept { get; init; }

    public required string Url { get; init; }

    public required string OperationUrl { get; init; }

    public required string VmUrl { get; init; }
}

/// <summary>When a migration entered a phase.</summary>
internal sealed record MigrationPhaseEntry
{
    public required MigrationPhase Phase { get; init; }

    public required DateTimeOffset EnteredAt { get; init; }
}

/// <summary>A migration that waits for a limit.</summary>
internal sealed record MigrationWaiting
{
    /// <summary>Which limit, and how many run or wait there.</summary>
    public required string Reason { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>When the saga asked last.</summary>
    public required DateTimeOffset AskedAt { get; init; }
}

/// <summary>What is not known of a migration.</summary>
internal sealed record MigrationDoubtView
{
    /// <summary>One sentence.</summary>
    public required string Unknown { get; init; }

    public required DateTimeOffset Since { get; init; }

    public required IReadOnlyList<SilentHost> UnansweredHosts { get; init; }
}

/// <summary>A host that does not answer.</summary>
internal sealed record SilentHost
{
    public required HostId Id { get; init; }

    public string? Name { get; init; }

    /// <summary>When its agent was last heard of.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }
}
