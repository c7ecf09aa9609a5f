namespace HvPlatform.Contracts.Packages;

/// <summary>The orchestrator asks the saga to begin an accepted import.</summary>
public sealed record BeginImport
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The id the operation holds; with a new identity the VM gets it where the hypervisor lets anyone choose.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The VM's name, for people.</summary>
    public required string VmName { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The ownership epoch granted.</summary>
    public required long Epoch { get; init; }

    /// <summary>What and how.</summary>
    public required ImportSettings Settings { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }
}
