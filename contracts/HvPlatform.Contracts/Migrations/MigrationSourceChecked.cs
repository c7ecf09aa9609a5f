namespace HvPlatform.Contracts.Migrations;

/// <summary>The source's answer to <see cref="CheckMigrationSource"/>.</summary>
public sealed record MigrationSourceChecked
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The step of the operation this answers.</summary>
    public required string Step { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Each check and its result.</summary>
    public required IReadOnlyList<MigrationFinding> Findings { get; init; }

    /// <summary>What the destination must know; null if the VM cannot leave.</summary>
    public MigrationSourceFacts? Source { get; init; }

    /// <summary>What is to be expected of the transfer; null if the policy did not ask, or the VM cannot leave.</summary>
    public MigrationForecast? Forecast { get; init; }
}
