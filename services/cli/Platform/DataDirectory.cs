using System.Security.Cryptography;
using System.Text;
using HvPlatform.Cli.LocalServers;

namespace HvPlatform.Cli.Platform;

/// <summary>Where the platform started by this program keeps its data.</summary>
internal static class DataDirectory
{
    static string Usual => Path.Combine(Checkout.Root, ".hv", "data");

    static string Other => $"/var/lib/hvplatform/{Path.GetFileName(Checkout.Root)}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Checkout.Root)))[..8]}";

    /// <summary>
    /// The directory asked for, or <c>.hv/data</c> in the checkout. As root the servers run as users of their own, who must be able to reach the
    /// directory: a checkout under /root, say, they cannot, so the default then is under /var/lib, one per checkout.
    /// </summary>
    public static async Task<string> PrepareAsync(string? asked)
    {
        var path = Path.GetFullPath(asked ?? Usual);
        Directory.CreateDirectory(path);
        if (await IsReachableAsync(path))
        {
            return path;
        }

        if (asked is not null)
        {
            throw new LocalServerException($"The user postgres, which PostgreSQL runs as, cannot enter {path}: a directory above it is closed to others. Choose another --data directory.");
        }

        Directory.CreateDirectory(Other);
        return Other;
    }

    /// <summary>The file with the token of the platform that keeps its data here.</summary>
    public static string TokenFile(string data) => Path.Combine(data, "access-token");

    /// <summary>The token of the platform that <c>hv up</c> started without a directory given; null if there is none that this user may read.</summary>
    public static string? FindToken()
    {
        try
        {
            // Of the two places only one is used; a token of the first that is left over from another user's start cannot be told from the right one.
            return new[] { Other, Usual }.Select(TokenFile).FirstOrDefault(File.Exists) is { } file ? File.ReadAllText(file).Trim() : null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A subdirectory of its own for each part.</summary>
    public static string Sub(string data, string name) => Directory.CreateDirectory(Path.Combine(data, name)).FullName;

    static async Task<bool> IsReachableAsync(string path)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return true;
        }

        try
        {
            await ChildProcess.RunAsync(["test", "-x", path], "postgres");
            return true;
        }
        catch (LocalServerException)
        {
            return false;
        }
    }
}
