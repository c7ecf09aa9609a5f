namespace HvPlatform.Contracts.Vms;

/// <summary>One change of the key-value pairs a host keeps for a VM.</summary>
public sealed record VmKvpChange
{
    /// <summary>The key, 1 to 255 characters.</summary>
    public required string Key { get; init; }

    /// <summary>The new value, at most 1023 characters; null removes the pair.</summary>
    public string? Value { get; init; }

    /// <summary>For a pair that the guest does not see.</summary>
    public bool HostOnly { get; init; }
}
