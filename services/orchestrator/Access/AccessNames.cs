namespace HvPlatform.Orchestrator.Access;

/// <summary>Rules for names that people give.</summary>
internal static class AccessNames
{
    public const string GroupRule = "must be 1 to 63 small letters, digits and '-', beginning with a letter or digit";

    public static bool IsGroup(string name) =>
        name.Length is >= 1 and <= 63 && name[0] != '-' && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>Printable text of one line without white space at its ends.</summary>
    public static bool IsText(string text, int maxLength) => text.Length >= 1 && text.Length <= maxLength && text.Trim().Length == text.Length && !text.Any(char.IsControl);
}
