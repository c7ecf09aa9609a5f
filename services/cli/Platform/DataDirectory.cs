using System.Security.Cryptography;
using System.Text;
using HvPlatform.Cli.LocalServers;

namespace HvPlatform.Cli.Platform;

/// <summary>Where the platform started by this program keeps its data.</summary>
internal static class DataDirectory
{
    /// <summary>
    /// The directory asked for, or <c>.hv/data</c> in the checkout. As root the servers run as users of their own, who must be able to reach the
    /// directory: a checkout under /root, say, they cannot, so the default then is under /var/lib, one per checkout.
    /// </summary>
    public static async Task<string> PrepareAsync(string? asked)
    {
        var path = Path.GetFullPath(asked ?? Path.Combine(Checkout.Root, ".hv", "data"));
        Directory.CreateDirectory(path);
        if (await IsReachableAsync(path))
        {
            return path;
        }

        if (asked is not null)
        {
            throw new LocalServerException($"The user postgres, which PostgreSQL runs as, cannot enter {path}: a directory above it is closed to others. Choose another --data directory.");
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Checkout.Root)))[..8];
        var other = $"/var/lib/hvplatform/{Path.GetFileName(Checkout.Root)}-{hash}";
        Directory.CreateDirectory(other);
        return other;
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
