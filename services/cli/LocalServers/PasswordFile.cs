using System.Security.Cryptography;
using System.Text;

namespace HvPlatform.Cli.LocalServers;

/// <summary>A generated password of 256 random bits in a file that only its owner can read.</summary>
internal static class PasswordFile
{
    /// <summary>Reads the password, or makes one.</summary>
    public static async Task<string> ReadOrCreateAsync(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new LocalServerException("The platform's own servers can be started on Linux only.");
        }

        if (!File.Exists(path))
        {
            await using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            await file.WriteAsync(Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(64, lowercase: true)));
        }

        return (await File.ReadAllTextAsync(path)).Trim();
    }
}
