using System.Globalization;
using System.Xml;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>Datetimes as WS-Management writes them (XML Schema), and as CIM does.</summary>
internal static class WsManTime
{
    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-ddK", "yyyy-MM-dd",
    ];

    public static bool TryParse(string text, out CimDateTime value)
    {
        text = text.Trim();
        if (text.StartsWith('P'))
        {
            return TryDuration(text, out value);
        }

        if (DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment))
        {
            value = new CimDateTime(moment);
            return true;
        }

        return CimDateTime.TryParse(text, out value);
    }

    private static bool TryDuration(string text, out CimDateTime value)
    {
        value = default;
        try
        {
            value = new CimDateTime(XmlConvert.ToTimeSpan(text));
            return text.Length < 100;
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            return false;
        }
    }
}
