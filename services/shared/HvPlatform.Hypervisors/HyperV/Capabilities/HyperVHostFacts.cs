using System.Globalization;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>What is asked of the host's operating system (<c>root/cimv2</c>) rather than of Hyper-V.</summary>
internal static class HyperVHostFacts
{
    /// <summary>The first instance of a class of the operating system, or null.</summary>
    public static async Task<CimInstance?> FirstAsync(ICimSession session, string className, CancellationToken cancellationToken)
    {
        await foreach (var instance in session.EnumerateAsync(CimPath.Cimv2, className, cancellationToken))
        {
            return instance;
        }

        return null;
    }

    /// <summary>Memory that the operating system could give to a new VM, MiB.</summary>
    public static async Task<long?> FreeMemoryMiBAsync(ICimSession session, CancellationToken cancellationToken) =>
        Number(await FirstAsync(session, "Win32_OperatingSystem", cancellationToken), "FreePhysicalMemory") / 1024;

    /// <summary>A number; classes of the operating system are not in Hyper-V's schema, so a transport may give their numbers as text.</summary>
    public static long? Number(CimInstance? instance, string property) => instance?[property] switch
    {
        null => null,
        string text => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null,
        _ => instance.Number(property),
    };
}
