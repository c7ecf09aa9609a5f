namespace HvPlatform.Contracts.Vms;

/// <summary>A device a VM may boot from.</summary>
public sealed record VmBootDevice
{
    /// <summary>What a change of the order names it by.</summary>
    public required string Id { get; init; }

    /// <summary>What it is, in the host's words.</summary>
    public required string Description { get; init; }
}
