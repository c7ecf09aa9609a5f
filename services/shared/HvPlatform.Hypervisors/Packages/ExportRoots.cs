using HvPlatform.Contracts;

namespace HvPlatform.Hypervisors.Packages;

/// <summary>
/// The directories of a host below which exports lie. Paths are compared as text after normalising, in the host's own form: with slashes, or as Windows writes them
/// (drive or share, either slash, case does not count).
/// </summary>
public static class ExportRoots
{
    const int LongestPath = 1024;

    /// <summary>The root that <paramref name="directory"/> lies below.</summary>
    /// <exception cref="HypervisorException">Validation (the path is none, or has parts that lead elsewhere) or Denied (it is below no root).</exception>
    public static string Find(IReadOnlyList<string> roots, string directory, string where)
    {
        var wanted = Normalise(directory) ?? throw Refuse(
            ErrorKind.Validation, "directory-invalid", $"'{Shown(directory)}' is no full path of a directory without '.' and '..' parts.", where, "Give a full path on the host, for example below one of its export roots.");
        return Below(roots, wanted) ?? throw Refuse(
            ErrorKind.Denied,
            "directory-not-allowed",
            $"'{Shown(directory)}' lies below none of the export roots of {where}.",
            where,
            roots.Count == 0 ? "Configure export roots for the host's agent (ExportRoots)." : $"Use a directory below {string.Join(" or ", roots)}, or add a root to the agent's ExportRoots.");
    }

    /// <summary>The root that a normalised path lies below; null if there is none.</summary>
    internal static string? Below(IReadOnlyList<string> roots, string wanted) =>
        roots.FirstOrDefault(r => Normalise(r) is { } normal && wanted.Length > normal.Length + 1 && wanted.StartsWith(normal == "" ? "/" : normal + "/", Comparison(normal)));

    /// <summary>With slashes and without one at the end; null for what is no full path, or could lead elsewhere.</summary>
    internal static string? Normalise(string path)
    {
        if (path.Length is 0 or > LongestPath || path.Any(char.IsControl))
        {
            return null;
        }

        var windows = IsWindows(path);
        var text = windows ? path.Replace('\\', '/') : path;
        if (!windows && !text.StartsWith('/'))
        {
            return null;
        }

        var head = windows && text.StartsWith("//", StringComparison.Ordinal) ? "//" : windows ? text[..3] : "/";
        var parts = text[head.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);

        // Windows drops dots and blanks at the end of a part; streams and wildcards are no directories.
        var wrong = parts.Any(p => p is "." or ".." || (windows && (p.EndsWith('.') || p.EndsWith(' ') || p.AsSpan().ContainsAny(":*?\"<>|"))));
        return wrong || (head == "//" && parts.Length < 2) ? null : (head + string.Join('/', parts)).TrimEnd('/');
    }

    static bool IsWindows(string path) =>
        path.StartsWith(@"\\", StringComparison.Ordinal) || (path.Length >= 3 && char.IsAsciiLetter(path[0]) && path[1] == ':' && path[2] is '\\' or '/');

    static StringComparison Comparison(string normal) => normal.StartsWith("//", StringComparison.Ordinal) || normal.Length < 2 || normal[1] == ':' ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    internal static string Shown(string path) => new([.. path.Take(200).Select(c => char.IsControl(c) ? '?' : c)]);

    static HypervisorException Refuse(ErrorKind kind, string code, string message, string where, string advice) =>
        new(new ErrorInfo { Kind = kind, Code = code, Message = message, Where = where, Advice = advice });
}
