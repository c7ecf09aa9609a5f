namespace HvPlatform.Contracts.History;

/// <summary>Operation stream: a command that came over the bus was refused; nothing was changed.</summary>
public sealed record OperationRefused
{
    /// <summary>The operation: the stream's id.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The command's type name.</summary>
    public required string Command { get; init; }

    /// <summary>The VM it is about.</summary>
    public required VmId VmId { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What is wrong and what to do.</summary>
    public required ErrorInfo Error { get; init; }
}
