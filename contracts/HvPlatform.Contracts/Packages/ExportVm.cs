using HvPlatform.Contracts.Vms;

namespace HvPlatform.Contracts.Packages;

/// <summary>Exports a VM into a directory of its host. Answered by <see cref="ExportStarted"/> and one of <see cref="ExportCompleted"/> and <see cref="ExportFailed"/>, or refused.</summary>
public sealed record ExportVm : IVmCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required Trail Trail { get; init; }

    /// <summary>Where and how.</summary>
    public required ExportSettings Settings { get; init; }
}
