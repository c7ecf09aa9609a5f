using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Orchestrator.Accepting;

/// <summary>A request for an operation, whether it came by REST or over the bus.</summary>
internal sealed record OperationRequest
{
    public required OperationId OperationId { get; init; }

    public required OperationKind Kind { get; init; }

    public required VmId VmId { get; init; }

    public required Trail Trail { get; init; }

    /// <summary>Where to define the VM; null for every other kind, which finds the VM's host itself.</summary>
    public HostId? DefineOn { get; init; }

    /// <summary>What the new VM is to be.</summary>
    public VmSpec? Spec { get; init; }

    /// <summary>Where a migration goes.</summary>
    public HostId? DestinationHostId { get; init; }

    /// <summary>How a migration goes about it.</summary>
    public MigrationPolicy? Policy { get; init; }

    /// <summary>What an operation of another kind is asked to do.</summary>
    public object? Asked { get; init; }

    /// <summary>What is exported, and where to.</summary>
    public ExportSettings? Export { get; init; }

    /// <summary>What is imported, and how; on the host of <see cref="DefineOn"/>.</summary>
    public ImportSettings? Import { get; init; }

    /// <summary>The ETag the VM must still have; null if the caller does not care.</summary>
    public string? IfMatch { get; init; }
}
