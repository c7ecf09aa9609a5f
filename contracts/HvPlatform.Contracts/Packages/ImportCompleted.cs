using HvPlatform.Contracts.Vms;

namespace HvPlatform.Contracts.Packages;

/// <summary>The VM exists on the host.</summary>
public sealed record ImportCompleted
{
    /// <summary>The operation.</summary>
    public required OperationId OperationId { get; init; }

    /// <summary>The id the operation holds; with a new identity the VM gets it where the hypervisor lets anyone choose.</summary>
    public required VmId VmId { get; init; }

    /// <summary>The host.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The VM's id on the host.</summary>
    public required VmId ImportedVmId { get; init; }

    /// <summary>The VM; null if only an operator's word says that it is there.</summary>
    public VmInfo? Vm { get; init; }

    /// <summary>Why it could not be started, if it was to be.</summary>
    public ErrorInfo? StartError { get; init; }

    /// <summary>From the beginning, ms.</summary>
    public required long TotalMs { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
