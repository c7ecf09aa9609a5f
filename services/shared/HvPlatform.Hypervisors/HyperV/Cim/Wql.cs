using System.Text;

namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>Building WQL. Values never enter a query but through here.</summary>
public static class Wql
{
    /// <summary>A text as a WQL literal: quoted, with backslashes and quotes escaped. A NUL cannot be written in WQL and is refused.</summary>
    public static string Literal(string value)
    {
        var text = new StringBuilder(value.Length + 2).Append('\'');
        foreach (var c in value)
        {
            switch (c)
            {
                case '\0':
                    throw new ArgumentException("A value in a WQL query cannot have a NUL character.", nameof(value));
                case '\'' or '\\':
                    text.Append('\\').Append(c);
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }

        return text.Append('\'').ToString();
    }

    /// <summary><c>SELECT * FROM Class WHERE Property = 'value'</c>; class and property are names from the code, not input.</summary>
    public static string Select(string className, string property, string value) => $"SELECT * FROM {className} WHERE {property} = {Literal(value)}";

    /// <summary><c>ASSOCIATORS OF {path} WHERE AssocClass = … ResultClass = …</c>; null for any class.</summary>
    public static string Associators(CimPath source, string? associationClass, string? resultClass)
    {
        var where = (associationClass is null ? string.Empty : $" AssocClass = {associationClass}") + (resultClass is null ? string.Empty : $" ResultClass = {resultClass}");
        return $"ASSOCIATORS OF {{{source.RelativePath}}}{(where.Length == 0 ? where : " WHERE" + where)}";
    }

    /// <summary><c>REFERENCES OF {path} WHERE ResultClass = …</c>; null for associations of any class.</summary>
    public static string References(CimPath source, string? associationClass) =>
        $"REFERENCES OF {{{source.RelativePath}}}{(associationClass is null ? string.Empty : $" WHERE ResultClass = {associationClass}")}";
}
