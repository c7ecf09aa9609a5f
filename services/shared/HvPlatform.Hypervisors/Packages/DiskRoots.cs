using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;

namespace HvPlatform.Hypervisors.Packages;

/// <summary>The directories of a host below which an import's disks lie: those it copies, and those it is told to use. Compared as <see cref="ExportRoots"/> are.</summary>
public static class DiskRoots
{
    /// <summary>Refuses settings that put or find a disk elsewhere.</summary>
    /// <exception cref="HypervisorException">Validation (a path is none, or has parts that lead elsewhere) or Denied (it is below no root).</exception>
    public static void Check(IReadOnlyList<string> roots, ImportSettings settings, VmId vm, string where)
    {
        if (settings.DiskDirectory is { } directory)
        {
            // The VM's own folder in it: the directory may be a root itself.
            Find(roots, "diskDirectory", directory, $"{directory}/{vm}", where);
        }

        for (var i = 0; i < settings.DiskPaths.Count; i++)
        {
            Find(roots, $"diskPaths[{i}].to", settings.DiskPaths[i].To, settings.DiskPaths[i].To, where);
        }
    }

    /// <summary>The root that a path lies below; null if there is none.</summary>
    public static string? Of(IReadOnlyList<string> roots, string path) => ExportRoots.Normalise(path) is { } normal ? ExportRoots.Below(roots, normal) : null;

    static void Find(IReadOnlyList<string> roots, string member, string given, string path, string where)
    {
        if (ExportRoots.Normalise(path) is null)
        {
            throw Refuse(ErrorKind.Validation, "disk-path-invalid", $"{member}: '{ExportRoots.Shown(given)}' is no full path on {where} without '.' and '..' parts.", "Give a full path on the host.");
        }

        if (Of(roots, path) is null)
        {
            throw Refuse(
                ErrorKind.Denied,
                "disk-path-not-allowed",
                $"{member}: '{ExportRoots.Shown(given)}' lies below none of the disk roots of {where}.",
                $"Use a path below {string.Join(" or ", roots)}, or add a root to the agent's DiskRoots.");
        }

        HypervisorException Refuse(ErrorKind kind, string code, string message, string advice) => new(new ErrorInfo { Kind = kind, Code = code, Message = message, Where = where, Advice = advice });
    }
}
