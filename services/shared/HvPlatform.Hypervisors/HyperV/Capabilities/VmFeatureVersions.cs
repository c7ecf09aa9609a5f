namespace HvPlatform.Hypervisors.HyperV;

/// <summary>The least configuration version of a VM for a feature, as Microsoft documents it ("virtual machine version features"). The versions a host has are asked of the host.</summary>
internal static class VmFeatureVersions
{
    /// <summary>Feature by feature.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["hotAddMemory"] = "6.2",
        ["secureBootForLinux"] = "6.2",
        ["productionCheckpoints"] = "6.2",
        ["virtualTpm"] = "7.0",
        ["multiQueue"] = "7.1",
        ["keyStorageDrive"] = "8.0",
        ["guestVirtualizationBasedSecurity"] = "8.0",
        ["nestedVirtualization"] = "8.0",
        ["largeMemory"] = "8.0",
        ["moreVirtualDevices"] = "8.3",
        ["perfmonProcessorFeatures"] = "9.0",
        ["simultaneousMultithreading"] = "9.0",
        ["hibernation"] = "9.0",
    };

    /// <summary>Whether a VM of a version has a feature; an unknown feature needs no version.</summary>
    public static bool Has(string? version, string feature) =>
        !All.TryGetValue(feature, out var least) || (Version.TryParse(version, out var own) && own >= Version.Parse(least));
}
