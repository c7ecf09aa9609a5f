namespace HvPlatform.Contracts.Migrations;

/// <summary>What the saga expects of the transfer, before it begins.</summary>
public sealed record MigrationForecasted
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The forecast.</summary>
    public required MigrationForecast Forecast { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
