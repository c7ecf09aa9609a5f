namespace HvPlatform.Contracts.Migrations;

/// <summary>The saga took the migration on.</summary>
public sealed record MigrationStarted
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>From.</summary>
    public required HostId SourceHostId { get; init; }

    /// <summary>To.</summary>
    public required HostId DestinationHostId { get; init; }

    /// <summary>Its ownership epoch.</summary>
    public required long Epoch { get; init; }

    /// <summary>How.</summary>
    public required MigrationPolicy Policy { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
