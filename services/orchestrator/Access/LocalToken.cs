using System.Security.Cryptography;
using System.Text;
using HvPlatform.Contracts.Access;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Access;

/// <summary>
/// The token of the one user of this machine: in a file that only that user can read, made at the first start. Only its hash is kept in memory.
/// </summary>
internal sealed class LocalToken
{
    const int MinLength = 32;
    readonly byte[]? hash;

    LocalToken(byte[]? hash) => this.hash = hash;

    /// <summary>Whoever has it.</summary>
    public static Caller Caller { get; } = new() { Name = "local", Kind = CallerKind.Local, Subject = "local", Roles = [new(RoleInGroup.AllGroups, AccessRole.Admin)] };

    /// <summary>Tells this token from the one before it, without telling the token; null if there is none.</summary>
    public string? Fingerprint => hash is null ? null : Convert.ToHexStringLower(SHA256.HashData(hash).AsSpan(0, 8));

    /// <summary>Whether this is the token. Takes the same time whatever is wrong with it.</summary>
    public bool Matches(string token) => hash is not null && CryptographicOperations.FixedTimeEquals(TokenHash.Of(token), hash);

    /// <summary>Reads the file, or makes it and prints the token, this once.</summary>
    /// <exception cref="HvStartupException">The file cannot be used.</exception>
    public static LocalToken Load(AccessOptions options, Action<string> print)
    {
        if (!options.LocalToken)
        {
            return new(null);
        }

        var path = Path.GetFullPath(options.TokenFile ?? DefaultFile());
        try
        {
            if (!File.Exists(path))
            {
                var made = $"hvlocal{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))}";
                Write(path, made);
                print($"The token of this platform was made. It may do everything; it is shown only now and kept in {path}:\n  {made}");
            }

            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
            {
                throw new HvStartupException("The local token cannot be used", path, "others on this machine may read or change the file.", $"Run: chmod 600 {path}");
            }

            var token = File.ReadAllText(path).Trim();
            return token.Length >= MinLength && token.All(char.IsAsciiLetterOrDigit)
                ? new(TokenHash.Of(token))
                : throw new HvStartupException("The local token cannot be used", path, $"it must be at least {MinLength} letters and digits.", "Delete the file to have a new token made.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HvStartupException("The local token cannot be read or made", path, e.Message, "Set Orchestrator:Access:TokenFile to a file of the user this process runs as.", e);
        }
    }

    static string DefaultFile() => Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } folder
        ? Path.Combine(folder, "hvplatform", "access-token")
        : throw new HvStartupException("The local token has no place", "Orchestrator:Access:TokenFile", "it is empty, and this user has no home directory.", "Name a file there; it is made at the first start.");

    static void Write(string path, string token)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, create);
        file.Write(Encoding.ASCII.GetBytes(token));
        file.Flush(flushToDisk: true);
    }
}
