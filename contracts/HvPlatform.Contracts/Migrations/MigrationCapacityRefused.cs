namespace HvPlatform.Contracts.Migrations;

/// <summary>The destination has no room.</summary>
public sealed record MigrationCapacityRefused
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>How much was asked and how much is free.</summary>
    public required ErrorInfo Error { get; init; }
}
