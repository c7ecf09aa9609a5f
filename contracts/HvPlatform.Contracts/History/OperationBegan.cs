using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Contracts.History;

/// <summary>Operation stream: the migration saga took the operation on.</summary>
public sealed record OperationBegan
{
    /// <summary>The operation: the stream's id.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM it is about.</summary>
    public required VmId VmId { get; init; }

    /// <summary>From.</summary>
    public required HostId SourceHostId { get; init; }

    /// <summary>To.</summary>
    public required HostId DestinationHostId { get; init; }

    /// <summary>The ownership epoch granted to the operation.</summary>
    public required long Epoch { get; init; }

    /// <summary>How.</summary>
    public required MigrationPolicy Policy { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
