namespace HvPlatform.Contracts.Vms;

/// <summary>The addresses that a guest has on one adapter.</summary>
public sealed record VmGuestNetwork
{
    /// <summary>The adapter's MAC address, lower case with colons; null if unknown.</summary>
    public string? MacAddress { get; init; }

    /// <summary>IPv4 and IPv6 addresses.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>The mask (IPv4) or prefix (IPv6) of each address, in the same order.</summary>
    public IReadOnlyList<string> Subnets { get; init; } = [];

    /// <summary>Equal if all members are, lists by their elements.</summary>
    public bool Equals(VmGuestNetwork? other) => other is not null && MacAddress == other.MacAddress && Addresses.SequenceEqual(other.Addresses) && Subnets.SequenceEqual(other.Subnets);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MacAddress, Addresses.Count, Addresses.FirstOrDefault());
}
