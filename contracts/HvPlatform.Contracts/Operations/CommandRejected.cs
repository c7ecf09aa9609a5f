namespace HvPlatform.Contracts.Operations;

/// <summary>The orchestrator refused a command that came over the bus; nothing was changed.</summary>
public sealed record CommandRejected
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The command's type name, for example <c>StartVm</c>.</summary>
    public required string Command { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Why, and what to do.</summary>
    public required ErrorInfo Error { get; init; }
}
