namespace HvPlatform.Contracts.Packages;

/// <summary>The export was not done.</summary>
public sealed record ExportFailed
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>Why.</summary>
    public required ErrorInfo Error { get; init; }

    /// <summary>True if someone asked for it.</summary>
    public required bool Cancelled { get; init; }

    /// <summary>True if the host said that nothing is left of it.</summary>
    public required bool Clean { get; init; }

    /// <summary>From the beginning, ms.</summary>
    public required long TotalMs { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
