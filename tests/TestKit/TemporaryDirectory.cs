using HvPlatform.Cli.LocalServers;

namespace HvPlatform.TestKit;

/// <summary>Directories that are gone after the test process, however it ends.</summary>
public static class TemporaryDirectory
{
    /// <summary>Creates one.</summary>
    public static string Create(string prefix)
    {
        var path = Directory.CreateTempSubdirectory(prefix).FullName;
        Reaper.Instance.RemoveDirectory(path);
        return path;
    }

    /// <summary>Creates one, owned by a user of the machine if this process is root and one is named.</summary>
    public static async Task<string> CreateAsync(string prefix, string? owner = null)
    {
        var path = Create(prefix);
        if (owner is not null && Environment.IsPrivilegedProcess)
        {
            await ChildProcess.RunAsync(["chown", $"{owner}:{owner}", path]);
        }

        return path;
    }
}
