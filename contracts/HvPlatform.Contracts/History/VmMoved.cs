namespace HvPlatform.Contracts.History;

/// <summary>VM stream: the VM now lives on another host, with the same identity and history.</summary>
public sealed record VmMoved
{
    /// <summary>The VM: the stream's id.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Where it lived.</summary>
    public required HostId FromHostId { get; init; }

    /// <summary>Where it lives.</summary>
    public required HostId ToHostId { get; init; }

    /// <summary>The migration that moved it; null if it was moved outside the platform.</summary>
    public OperationId? MigrationId { get; init; }

    /// <summary>When, by the clock of who said so, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who asked for that operation, and why.</summary>
    public Trail? Trail { get; init; }
}
