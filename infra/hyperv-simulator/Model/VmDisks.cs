using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model.Storage;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>The files that a configuration's drives have in them.</summary>
internal static class VmDisks
{
    /// <summary><c>ResourceSubType</c> of a virtual hard disk in a drive.</summary>
    public const string HardDisk = "Microsoft:Hyper-V:Virtual Hard Disk";

    /// <summary>The settings of files in drives: virtual hard disks, DVD and floppy images.</summary>
    public static IEnumerable<CimInstance> Media(this VmConfiguration configuration) =>
        configuration.Of("Msvm_StorageAllocationSettingData").Where(one => one.Array<string>("HostResource") is [{ Length: > 0 }, ..]);

    /// <summary>The settings of virtual hard disks.</summary>
    public static IEnumerable<CimInstance> HardDisks(this VmConfiguration configuration) => configuration.Media().Where(one => one.String("ResourceSubType") == HardDisk);

    /// <summary>The path in the settings of a file in a drive.</summary>
    public static string FileOf(CimInstance medium) => medium.Array<string>("HostResource")[0];

    /// <summary>The paths of virtual hard disks, as they are in the settings.</summary>
    public static IEnumerable<string> DiskPaths(this VmConfiguration configuration) => configuration.HardDisks().Select(FileOf);

    /// <summary>The settings with another file.</summary>
    public static CimInstance WithFile(CimInstance medium, string path)
    {
        var copy = medium.Copy();
        copy["HostResource"] = new[] { path };
        return copy;
    }

    /// <summary>Puts other files in a configuration's drives, where <paramref name="paths"/> (by normal path) names one.</summary>
    public static void Redirect(this VmConfiguration configuration, IReadOnlyDictionary<string, string> paths)
    {
        foreach (var medium in configuration.Media().ToList())
        {
            if (TryNormalize(FileOf(medium)) is { } path && paths.TryGetValue(path, out var other))
            {
                configuration.Replace(WithFile(medium, other));
            }
        }
    }

    /// <summary>The path in one form, or null if it is none.</summary>
    public static string? TryNormalize(string? path)
    {
        try
        {
            return WindowsPath.Normalize(path);
        }
        catch (StorageFault)
        {
            return null;
        }
    }
}
