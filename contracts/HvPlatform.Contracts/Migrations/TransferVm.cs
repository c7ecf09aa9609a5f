using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Migrations;

/// <summary>Has the source move the running VM. Answered by <see cref="MigrationProgressed"/> while it runs and <see cref="VmTransferEnded"/> at its end.</summary>
public sealed record TransferVm : IHostCommand
{
    /// <inheritdoc/>
    public required OperationId OperationId { get; init; }

    /// <inheritdoc/>
    public string Step { get; init; } = "transfer";

    /// <inheritdoc/>
    public required HostId HostId { get; init; }

    /// <inheritdoc/>
    public required VmId VmId { get; init; }

    /// <inheritdoc/>
    public required long Epoch { get; init; }

    /// <summary>Where to.</summary>
    public required HostId DestinationHostId { get; init; }

    /// <summary>Where the destination's hypervisor listens.</summary>
    public required string MigrationUri { get; init; }

    /// <summary>How.</summary>
    public required MigrationPolicy Policy { get; init; }

    /// <summary>What the source said about the VM; null from a saga that did not get so far.</summary>
    public MigrationSourceFacts? Source { get; init; }

    /// <summary>A post-copy that broke off is taken up where it was, or a transfer that is active is followed; nothing is begun.</summary>
    public bool Resume { get; init; }
}
