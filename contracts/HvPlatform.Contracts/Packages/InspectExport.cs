using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Packages;

/// <summary>Asks a host what it has of an export. Answered by <see cref="VmExportInspected"/>; not journaled.</summary>
public sealed record InspectExport : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "inspect";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }

    /// <summary>Where and how.</summary>
    public required ExportSettings Settings { get; init; }

    /// <summary>The round; comes back with the answer.</summary>
    public int Round { get; init; } = 1;
}
