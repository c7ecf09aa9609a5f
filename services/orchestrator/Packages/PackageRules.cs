using System.Globalization;
using HvPlatform.Contracts.Packages;

namespace HvPlatform.Orchestrator.Packages;

/// <summary>What must hold of an export's or import's settings, told without asking a host. Whether a directory may be used is the host's own word.</summary>
internal sealed class PackageRules
{
    const int LongestPath = 1024;
    const int LongestName = 255;
    const int MostMappings = 256;

    readonly SortedDictionary<string, string[]> _errors = new(StringComparer.Ordinal);

    public static SortedDictionary<string, string[]> Check(ExportSettings settings, string prefix = "")
    {
        var rules = new PackageRules();
        rules.Directory(settings.Directory, $"{prefix}directory");
        rules.Known(settings.Mode, $"{prefix}mode");
        rules.Known(settings.Snapshots, $"{prefix}snapshots");
        rules.Need(settings.Snapshots == ExportSnapshots.One == settings.SnapshotId is not null, $"{prefix}snapshotId", "is given with snapshots One, and only then");
        rules.Text(settings.SnapshotId, $"{prefix}snapshotId", LongestName);
        rules.Need(!settings.RuntimeState || settings.Mode == ExportMode.Full, $"{prefix}runtimeState", "goes along with a full export only");
        return rules._errors;
    }

    public static SortedDictionary<string, string[]> Check(ImportSettings settings, string prefix = "")
    {
        var rules = new PackageRules();
        rules.Directory(settings.Directory, $"{prefix}directory");
        rules.Text(settings.DefinitionFile, $"{prefix}definitionFile", LongestPath);
        rules.Need(settings.DefinitionFile?.Split('/', '\\').Contains("..") != true, $"{prefix}definitionFile", "must not lead out of the directory");
        rules.Text(settings.NewName, $"{prefix}newName", LongestName);
        rules.Need(settings.NewName is null || (!string.IsNullOrWhiteSpace(settings.NewName) && !settings.NewName.Contains('/', StringComparison.Ordinal)), $"{prefix}newName", "must not be empty nor contain '/'");
        rules.Need(settings.Copy || settings.DiskDirectory is null, $"{prefix}diskDirectory", "is where copies go; without copy there are none");
        if (settings.DiskDirectory is { } disks)
        {
            rules.Directory(disks, $"{prefix}diskDirectory");
        }

        rules.Mappings(settings.DiskPaths, $"{prefix}diskPaths", paths: true);
        rules.Mappings(settings.Networks, $"{prefix}networks", paths: false);
        return rules._errors;
    }

    void Mappings(IReadOnlyList<ImportMapping> mappings, string path, bool paths)
    {
        Need(mappings.Count <= MostMappings, path, string.Create(CultureInfo.InvariantCulture, $"must be at most {MostMappings}, found {mappings.Count}"));
        for (var i = 0; i < Math.Min(mappings.Count, MostMappings); i++)
        {
            Text(mappings[i].From, $"{path}[{i}].from", LongestPath, required: true);
            Text(mappings[i].To, $"{path}[{i}].to", LongestPath, required: paths);
            Need(!paths || IsFull(mappings[i].To), $"{path}[{i}].to", "must be a full path on the host, without '.' and '..' parts");
        }
    }

    void Directory(string? text, string path)
    {
        Text(text, path, LongestPath, required: true);
        Need(text is null || IsFull(text), path, "must be a full path on the host, without '.' and '..' parts");
    }

    static bool IsFull(string text) =>
        (text.StartsWith('/') || text.StartsWith(@"\\", StringComparison.Ordinal) || (text.Length > 2 && char.IsAsciiLetter(text[0]) && text[1] == ':' && text[2] is '\\' or '/'))
        && !text.Split('/', '\\').Any(p => p is "." or "..");

    void Known<TEnum>(TEnum value, string path)
        where TEnum : struct, Enum =>
        Need(!value.Equals(default(TEnum)) && Enum.IsDefined(value), path, $"must be one of {string.Join(", ", Enum.GetNames<TEnum>().Where(n => n != "Unknown"))}");

    void Text(string? text, string path, int max, bool required = false) =>
        Need(text is null ? !required : text.Length <= max && !text.Any(char.IsControl) && (!required || !string.IsNullOrWhiteSpace(text)), path,
            string.Create(CultureInfo.InvariantCulture, $"must be {(required ? 1 : 0)} to {max} printable characters, found {text?.Length ?? 0}"));

    /// <summary>The first thing wrong with a member is the one that is told.</summary>
    void Need(bool holds, string path, string rule)
    {
        if (!holds)
        {
            _errors.TryAdd(path, [rule]);
        }
    }
}
