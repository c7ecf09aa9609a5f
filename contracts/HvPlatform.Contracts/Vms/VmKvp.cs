namespace HvPlatform.Contracts.Vms;

/// <summary>A VM's key-value pairs as its host has them now.</summary>
public sealed record VmKvp
{
    /// <summary>The VM.</summary>
    public required VmId VmId { get; init; }

    /// <summary>Written by the guest.</summary>
    public IReadOnlyList<VmKvpItem> Guest { get; init; } = [];

    /// <summary>What the guest says of itself: operating system, names, addresses.</summary>
    public IReadOnlyList<VmKvpItem> GuestIntrinsic { get; init; } = [];

    /// <summary>Written by the host; the guest sees them.</summary>
    public IReadOnlyList<VmKvpItem> Host { get; init; } = [];

    /// <summary>Written by the host; the guest does not see them.</summary>
    public IReadOnlyList<VmKvpItem> HostOnly { get; init; } = [];
}
