using System.Text.RegularExpressions;

namespace HvPlatform.ServiceKit;

/// <summary>Schema and table names go into SQL as they are, so they are checked where they enter.</summary>
internal static partial class SchemaName
{
    public static string ThrowIfInvalid(string name) =>
        Valid().IsMatch(name) ? name : throw new ArgumentException($"'{name}' is no name for a schema or table: lower-case letters, digits and underscores, at most 40.");

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,39}$")]
    private static partial Regex Valid();
}
