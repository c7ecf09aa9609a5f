using System.Text;

namespace HvPlatform.ApiClient.Generator;

/// <summary>Names of the document as names of C#.</summary>
internal static class Names
{
    static readonly HashSet<string> s_keywords =
        ["as", "base", "bool", "break", "case", "char", "class", "continue", "default", "do", "else", "enum", "event", "false", "fixed", "for", "if", "in", "int", "is", "lock",
         "long", "new", "null", "object", "out", "override", "params", "private", "public", "ref", "return", "static", "string", "switch", "this", "throw", "true", "try", "using", "void", "while"];

    /// <summary><c>page-of_vm</c> → <c>PageOfVm</c>.</summary>
    public static string Type(string name)
    {
        var text = new StringBuilder();
        var upper = true;
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterOrDigit(letter))
            {
                text.Append(upper ? char.ToUpperInvariant(letter) : letter);
                upper = false;
            }
            else
            {
                upper = true;
            }
        }

        return text.Length > 0 && !char.IsAsciiDigit(text[0]) ? text.ToString() : "_" + text;
    }

    /// <summary><c>Idempotency-Key</c> → <c>idempotencyKey</c>; of a header without its leading X.</summary>
    public static string Parameter(string name)
    {
        var type = Type(name.StartsWith("X-", StringComparison.Ordinal) ? name[2..] : name);
        var text = char.ToLowerInvariant(type[0]) + type[1..];
        return s_keywords.Contains(text) ? "@" + text : text;
    }

    /// <summary>Letters, digits and underscores, not beginning with a digit, and no keyword.</summary>
    public static bool IsIdentifier(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !s_keywords.Contains(text);
}
