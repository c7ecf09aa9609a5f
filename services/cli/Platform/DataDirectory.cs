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
        var path = Path.GetFullPath(asked ?? Candidates(Checkout.Root)[0]);
        Directory.CreateDirectory(path);
        if (await IsReachableAsync(path))
        {
            return path;
        }

        if (asked is not null)
        {
            throw new LocalServerException($"The user postgres, which PostgreSQL runs as, cannot enter {path}: a directory above it is closed to others. Choose another --data directory.");
        }

        return Directory.CreateDirectory(Candidates(Checkout.Root)[1]).FullName;
    }

    /// <summary>Where the data of a checkout may be, if it was not asked for elsewhere.</summary>
    public static IReadOnlyList<string> Candidates(string root)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)))[..8];
        return [Path.Combine(root, ".hv", "data"), $"/var/lib/hvplatform/{Path.GetFileName(root)}-{hash}"];
    }

    /// <summary>The file with the token of the platform that keeps its data here.</summary>
    public static string TokenFile(string data) => Path.Combine(data, "access-token");

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
