namespace HvPlatform.Contracts.Packages;

/// <summary>The saga has begun the import.</summary>
public sealed record ImportStarted
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The id the operation holds; with a new identity the VM gets it where the hypervisor lets anyone choose.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>What and how.</summary>
    public required ImportSettings Settings { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
