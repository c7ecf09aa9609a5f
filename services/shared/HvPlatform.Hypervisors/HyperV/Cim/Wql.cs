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
}
