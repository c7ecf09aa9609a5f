using System.Text;

namespace HvPlatform.ServiceKit.Tls;

/// <summary>Files with keys in them: readable by their owner only from the first moment on.</summary>
public static class PrivateFile
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a file, or replaces it as a whole: whoever reads it sees the old text or the new.</summary>
    public static void Write(string path, string text)
    {
        var fresh = $"{path}.{Guid.NewGuid():n}.new";
        try
        {
            Create(fresh, text);
            File.Move(fresh, path, overwrite: true);
        }
        catch
        {
            File.Delete(fresh);
            throw;
        }
    }

    static void Create(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using var file = new FileStream(path, options);
        file.Write(Encoding.UTF8.GetBytes(text));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Why a file's secret is not one any more, in words; null if only its owner can read it. On Windows the directory's access list decides, which is not looked at.</summary>
    public static string? WhyExposed(string path) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) is var others and not UnixFileMode.None
        ? $"others than its owner have rights on it ({others})"
        : null;
}
