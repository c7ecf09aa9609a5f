using System.Net.Http.Headers;
using System.Text;

namespace HvPlatform.TestKit;

/// <summary>The local token of every platform that tests start. It is written before the start, so nobody has to find out what was made.</summary>
public static class TestAccess
{
    /// <summary>The token; it may do everything.</summary>
    public const string Token = "testkit0123456789abcdef0123456789abcdef0123456789abcdef";

    static readonly Lazy<string> s_file = new(Write);

    /// <summary>The file for <c>Orchestrator:Access:TokenFile</c>.</summary>
    public static string TokenFile => s_file.Value;

    /// <summary>The header of a request.</summary>
    public static AuthenticationHeaderValue Header { get; } = new("Bearer", Token);

    /// <summary>A client that carries the token.</summary>
    public static HttpClient Client(Uri url) => new() { BaseAddress = url, DefaultRequestHeaders = { Authorization = Header } };

    static string Write()
    {
        var path = Path.Combine(TemporaryDirectory.Create("hv-access-"), "access-token");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes(Token));
        return path;
    }
}
