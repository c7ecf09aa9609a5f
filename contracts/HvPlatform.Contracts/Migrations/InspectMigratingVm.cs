using HvPlatform.Contracts.Hosts;

namespace HvPlatform.Contracts.Migrations;

/// <summary>Asks a host what it truly has of the VM. Answered by <see cref="MigratingVmInspected"/>. The step carries an attempt number: an old answer is of no use.</summary>
public sealed record InspectMigratingVm : IHostCommand
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
}
