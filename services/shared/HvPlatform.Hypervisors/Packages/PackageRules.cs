using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Packages;

namespace HvPlatform.Hypervisors.Packages;

/// <summary>What all drivers' exports and imports have in common.</summary>
static class PackageRules
{
    public static MigrationFinding Finding(string check, bool passed, string detail) => new() { Check = check, Passed = passed, Detail = detail };

    /// <summary>What an export's name or path is to be here: by its full text or, of a path, by its file name; null if nothing is said of it.</summary>
    public static string? Mapped(IReadOnlyList<ImportMapping> mappings, string from) =>
        (mappings.FirstOrDefault(m => m.From == from) ?? mappings.FirstOrDefault(m => m.From == FileName(from)))?.To;

    /// <summary>The last part of a path of any form.</summary>
    public static string FileName(string path) => path[(path.LastIndexOfAny(['/', '\\']) + 1)..];
}
