namespace HvPlatform.Contracts.Migrations;

/// <summary>An agent could not carry out a step other than the transfer.</summary>
public sealed record MigrationStepFailed
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The step of the operation this answers.</summary>
    public required string Step { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Why, with the native error.</summary>
    public required ErrorInfo Error { get; init; }
}
