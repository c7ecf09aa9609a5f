namespace HvPlatform.Contracts.Vms;

/// <summary>One key-value pair.</summary>
public sealed record VmKvpItem
{
    /// <summary>The key.</summary>
    public required string Key { get; init; }

    /// <summary>The value.</summary>
    public required string Value { get; init; }
}
