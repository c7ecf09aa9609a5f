using HvPlatform.Contracts.Migrations;

namespace HvPlatform.Contracts.History;

/// <summary>Operation stream: what is expected of the transfer, before it begins.</summary>
public sealed record OperationForecast
{
    /// <summary>The operation: the stream's id.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM it is about.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The forecast.</summary>
    public required MigrationForecast Forecast { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
