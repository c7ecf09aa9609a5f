namespace HvPlatform.Contracts.Vms;

/// <summary>A guest as it describes itself; the last it said, also when it is off.</summary>
public sealed record VmGuest
{
    /// <summary>Its operating system's name, for example <c>Windows Server 2022 Datacenter</c>.</summary>
    public string? OperatingSystem { get; init; }

    /// <summary>Its operating system's version, for example <c>10.0.20348</c>.</summary>
    public string? OperatingSystemVersion { get; init; }

    /// <summary>Its processor architecture: <c>x86</c>, <c>x64</c>, <c>ARM64</c>.</summary>
    public string? Architecture { get; init; }

    /// <summary><c>Windows</c>, <c>Linux</c>, or what else it says.</summary>
    public string? Family { get; init; }

    /// <summary>Its own host name.</summary>
    public string? HostName { get; init; }

    /// <summary>The version of its integration services.</summary>
    public string? IntegrationServicesVersion { get; init; }

    /// <summary>The addresses of its adapters.</summary>
    public IReadOnlyList<VmGuestNetwork> Networks { get; init; } = [];

    /// <summary>Equal if all members are, lists by their elements.</summary>
    public bool Equals(VmGuest? other) => other is not null
        && (OperatingSystem, OperatingSystemVersion, Architecture, Family, HostName, IntegrationServicesVersion)
        == (other.OperatingSystem, other.OperatingSystemVersion, other.Architecture, other.Family, other.HostName, other.IntegrationServicesVersion)
        && Networks.SequenceEqual(other.Networks);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(OperatingSystem, OperatingSystemVersion, HostName, Networks.Count);
}
