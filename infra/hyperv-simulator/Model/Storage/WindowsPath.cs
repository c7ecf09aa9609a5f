namespace HvPlatform.HyperVSimulator.Model.Storage;

/// <summary>Paths as Windows has them, whatever system the simulator runs on.</summary>
public static class WindowsPath
{
    /// <summary>The path in one form: backslashes, none doubled or at the end, <c>.</c> and <c>..</c> resolved. A relative path or one with forbidden characters is a <see cref="StorageFault"/>.</summary>
    public static string Normalize(string? path)
    {
        var text = (path ?? string.Empty).Replace('/', '\\');
        string root;
        if (text.StartsWith(@"\\?\", StringComparison.Ordinal))
        {
            text = text[4..];
        }

        if (text.Length >= 3 && char.IsAsciiLetter(text[0]) && text[1] == ':' && text[2] == '\\')
        {
            root = text[..2];
            text = text[3..];
        }
        else if (IsShare(text) && text[2..].Split('\\', 3) is [{ Length: > 0 } server, { Length: > 0 } share, .. var rest])
        {
            root = $@"\\{server}\{share}";
            text = rest is [var tail] ? tail : string.Empty;
        }
        else
        {
            throw new StorageFault(StorageError.InvalidName, path ?? string.Empty, "The path must be absolute, as C:\\… or \\\\server\\share\\…");
        }

        var parts = new List<string>();
        foreach (var part in text.Split('\\', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
            {
                if (parts.Count > 0)
                {
                    parts.RemoveAt(parts.Count - 1);
                }
            }
            else if (part.IndexOfAny(['<', '>', ':', '"', '|', '?', '*']) >= 0 || part.Any(char.IsControl) || part.Length > 255)
            {
                throw new StorageFault(StorageError.InvalidName, path!, "The filename, directory name, or volume label syntax is incorrect");
            }
            else if (part != ".")
            {
                parts.Add(part.TrimEnd(' ', '.'));
            }
        }

        var normal = parts.Count == 0 ? root + "\\" : root + "\\" + string.Join('\\', parts);
        return normal.Length <= 32767 ? normal : throw new StorageFault(StorageError.InvalidName, path!, "The path is too long");
    }

    /// <summary>Whether the path is on a file share: <c>\\server\share\…</c>.</summary>
    public static bool IsShare(string path) => path.StartsWith(@"\\", StringComparison.Ordinal) && !path.StartsWith(@"\\?\", StringComparison.Ordinal);

    /// <summary>Joins a directory and a name.</summary>
    public static string Join(string directory, string name) => directory.EndsWith('\\') ? directory + name : $@"{directory}\{name}";

    /// <summary>The directory of a normal path, or null for a root.</summary>
    public static string? Directory(string path)
    {
        var cut = path.LastIndexOf('\\');
        var isRoot = path.EndsWith('\\') || (IsShare(path) && path.Count(one => one == '\\') <= 3);
        return isRoot || cut < 0 ? null : cut == 2 && path[1] == ':' ? path[..3] : path[..cut];
    }

    /// <summary>The last part of a path.</summary>
    public static string FileName(string path) => path[(path.LastIndexOf('\\') + 1)..];

    /// <summary>The last part without its extension.</summary>
    public static string Stem(string path) => FileName(path) is var name && name.LastIndexOf('.') is > 0 and var dot ? name[..dot] : name;

    /// <summary>The extension with its dot, in lower case; empty if there is none.</summary>
    public static string Extension(string path) => FileName(path) is var name && name.LastIndexOf('.') is > 0 and var dot ? name[dot..].ToLowerInvariant() : string.Empty;
}
