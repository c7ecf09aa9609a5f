using System.Collections.Frozen;
using Microsoft.AspNetCore.StaticFiles;

namespace HvPlatform.Orchestrator.Dashboard;

/// <summary>The built dashboard (<c>services/dashboard/dist</c>), read once at the start: a few MB that change only with a release.</summary>
internal sealed class DashboardFiles
{
    /// <summary>What the built page has in place of the nonce of an answer's Content-Security-Policy.</summary>
    public const string NoncePlaceholder = "__STYLE_NONCE__";

    static readonly FileExtensionContentTypeProvider s_types = new();
    readonly FrozenDictionary<string, DashboardFile> _files;

    DashboardFiles(string? page, FrozenDictionary<string, DashboardFile> files) => (Page, _files) = (page, files);

    /// <summary>The page with <see cref="NoncePlaceholder"/> in it; null if the dashboard was not built.</summary>
    public string? Page { get; }

    /// <summary>The file at a path of the site such as <c>/assets/index-1a2b.js</c>; null if there is none.</summary>
    public DashboardFile? Find(string path) => _files.GetValueOrDefault(path);

    /// <summary>Reads a directory; one that is not there makes a dashboard that is not built.</summary>
    public static DashboardFiles Read(string directory)
    {
        var index = Path.Combine(directory, "index.html");
        if (!File.Exists(index))
        {
            return new DashboardFiles(null, FrozenDictionary<string, DashboardFile>.Empty);
        }

        var files = Directory.GetFiles(directory, "*", SearchOption.AllDirectories)
            .Where(f => f != index && Path.GetExtension(f) is not (".br" or ".gz"))
            .ToFrozenDictionary(f => "/" + Path.GetRelativePath(directory, f).Replace(Path.DirectorySeparatorChar, '/'), Load, StringComparer.Ordinal);
        return new DashboardFiles(File.ReadAllText(index), files);
    }

    static DashboardFile Load(string file) => new(
        s_types.TryGetContentType(file, out var type) ? type : "application/octet-stream",
        File.ReadAllBytes(file),
        File.Exists(file + ".br") ? File.ReadAllBytes(file + ".br") : null,
        File.Exists(file + ".gz") ? File.ReadAllBytes(file + ".gz") : null);
}

/// <summary>Settings of the dashboard, section <c>Orchestrator:Dashboard</c>.</summary>
internal sealed record DashboardOptions
{
    /// <summary>The directory of the built dashboard; default <c>dashboard</c> beside the program.</summary>
    public string Path { get; init; } = System.IO.Path.Combine(AppContext.BaseDirectory, "dashboard");
}

/// <summary>A file of the dashboard as it is, and compressed where the build made that.</summary>
internal sealed record DashboardFile(string ContentType, byte[] Content, byte[]? Brotli, byte[]? Gzip);
