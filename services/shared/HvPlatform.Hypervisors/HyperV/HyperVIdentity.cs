using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>Which host answers: the UUID of its mainboard (<c>Win32_ComputerSystemProduct.UUID</c>) and its computer name.</summary>
internal static class HyperVIdentity
{
    /// <summary>Asks the host. Throws <see cref="CimException"/>, or <see cref="HypervisorException"/> if it has no identity.</summary>
    public static async Task<HostIdentity> ReadAsync(ICimSession session, string where, CancellationToken cancellationToken)
    {
        var product = await HyperVHostFacts.FirstAsync(session, "Win32_ComputerSystemProduct", cancellationToken);
        var system = await HyperVHostFacts.FirstAsync(session, "Win32_ComputerSystem", cancellationToken);
        var name = system?.String("DNSHostName") is { Length: > 0 } dns ? dns : system?.String("Name");
        var host = string.IsNullOrEmpty(name) ? where : name;

        // Boards without a UUID of their own answer with all zeros or all ones.
        if (!Guid.TryParse(product?.String("UUID"), out var id) || id == Guid.Empty || id == Guid.AllBitsSet)
        {
            throw new HypervisorException(HyperVErrors.Info(ErrorCategory.Query, $"Host {host} has no UUID of its own (Win32_ComputerSystemProduct.UUID is '{product?.String("UUID")}').", where) with
            {
                Code = "host-without-id",
                FailureType = FailureType.Configuration,
                Advice = "Set the system UUID in the host's firmware.",
            });
        }

        return new HostIdentity(new HostId(id), host);
    }
}
