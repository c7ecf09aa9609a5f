using System.Globalization;
using System.Text;
using System.Xml;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>CIM values as WS-Management writes and takes them (DSP0230).</summary>
internal static class WsManText
{
    /// <summary>A moment as Windows writes it: UTC, microseconds, trailing zeros of the fraction left out.</summary>
    public static string Moment(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>An interval as Windows writes it: <c>P0DT0H5M0S</c>.</summary>
    public static string Interval(TimeSpan interval)
    {
        var seconds = interval.Seconds + ((interval.Ticks % TimeSpan.TicksPerSecond) / 10 / 1_000_000m);
        return string.Create(CultureInfo.InvariantCulture, $"P{interval.Days}DT{interval.Hours}H{interval.Minutes}M{seconds:0.######}S");
    }

    /// <summary>Reads a moment or an interval in the XML Schema form or in CIM's 25 characters.</summary>
    public static bool TryDateTime(string text, out CimDateTime value)
    {
        text = text.Trim();
        if (CimDateTime.TryParse(text, out value))
        {
            return true;
        }

        try
        {
            value = text.StartsWith('P') ? new CimDateTime(XmlConvert.ToTimeSpan(text)) : new CimDateTime(XmlConvert.ToDateTimeOffset(text));
            return value.Interval is not { } interval || interval >= TimeSpan.Zero;
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            return false;
        }
    }

    /// <summary>The text with what XML cannot carry (control characters, lone surrogates) replaced by U+FFFD; nearly always the text itself.</summary>
    public static string Clean(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!XmlConvert.IsXmlChar(text[i]))
            {
                return Replaced(text);
            }
        }

        return text;
    }

    private static string Replaced(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
            {
                clean.Append(text, i++, 2);
            }
            else
            {
                clean.Append(XmlConvert.IsXmlChar(text[i]) ? text[i] : '\uFFFD');
            }
        }

        return clean.ToString();
    }
}
