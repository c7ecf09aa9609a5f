using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>The VM versions that a host runs, from its own definitions.</summary>
internal static class HyperVVersions
{
    private const long Supported = 3;
    private const long Point = 0;

    /// <summary>The versions; empty if the host does not tell. Throws <see cref="CimException"/>.</summary>
    public static async Task<IReadOnlyList<string>> ReadAsync(ICimSession session, CancellationToken cancellationToken)
    {
        if (await HyperVParts.FirstAsync(session, "Msvm_VirtualSystemManagementCapabilities", cancellationToken) is not { } capabilities)
        {
            return [];
        }

        var supported = new HashSet<CimPath>();
        await foreach (var link in session.ReferencesAsync(HyperVParts.PathOf(capabilities), "Msvm_SettingsDefineCapabilities", cancellationToken))
        {
            if (link.Number("ValueRole") == Supported && link.Number("ValueRange") == Point && link.Reference("PartComponent") is { } part)
            {
                supported.Add(part);
            }
        }

        var versions = new List<string>();
        await foreach (var definition in session.AssociatorsAsync(HyperVParts.PathOf(capabilities), "Msvm_SettingsDefineCapabilities", "Msvm_VirtualSystemSettingData", cancellationToken))
        {
            if (supported.Contains(HyperVParts.PathOf(definition)) && definition.String("Version") is { Length: > 0 } version && !versions.Contains(version))
            {
                versions.Add(version);
            }
        }

        return versions;
    }
}
