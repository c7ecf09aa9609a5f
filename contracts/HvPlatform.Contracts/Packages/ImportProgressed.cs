namespace HvPlatform.Contracts.Packages;

/// <summary>How far the import is; published by the host's agent at most four times a second.</summary>
public sealed record ImportProgressed
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The id the operation holds; with a new identity the VM gets it where the hypervisor lets anyone choose.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>How far.</summary>
    public required PackageProgress Progress { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
