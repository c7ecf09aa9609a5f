using System.Globalization;

namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>A CIM <c>datetime</c> (DSP0004): a moment, or an interval.</summary>
public readonly record struct CimDateTime
{
    /// <summary>What Windows sends for "never".</summary>
    public static readonly DateTimeOffset Never = new(1601, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A moment.</summary>
    public CimDateTime(DateTimeOffset moment) => Moment = moment;

    /// <summary>An interval; not negative.</summary>
    public CimDateTime(TimeSpan interval) => Interval = interval;

    /// <summary>The moment, or null if this is an interval.</summary>
    public DateTimeOffset? Moment { get; }

    /// <summary>The interval, or null if this is a moment.</summary>
    public TimeSpan? Interval { get; }

    /// <summary>The 25 characters of CIM: <c>20261121113000.000000+000</c> or <c>00000000003000.000000:000</c>.</summary>
    public override string ToString()
    {
        if (Interval is { } interval)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{interval.Days:00000000}{interval.Hours:00}{interval.Minutes:00}{interval.Seconds:00}.{interval.Ticks % TimeSpan.TicksPerSecond / 10:000000}:000");
        }

        var moment = Moment ?? Never;
        var minutes = (int)moment.Offset.TotalMinutes;
        return moment.ToString("yyyyMMddHHmmss.ffffff", CultureInfo.InvariantCulture) + (minutes < 0 ? '-' : '+') + Math.Abs(minutes).ToString("000", CultureInfo.InvariantCulture);
    }

    /// <summary>Reads the 25 characters of CIM; fields of a moment given as <c>*</c> count as their least value.</summary>
    public static bool TryParse(string? text, out CimDateTime value)
    {
        value = default;
        if (text is not { Length: 25 } || text[14] != '.')
        {
            return false;
        }

        var digits = text.Replace('*', '0');
        if (!TryNumber(digits, 15, 6, out var micros))
        {
            return false;
        }

        if (text[21] == ':')
        {
            if (!TryNumber(digits, 0, 8, out var days) || days > 10_000_000 || !TryNumber(digits, 8, 2, out var hours) || !TryNumber(digits, 10, 2, out var minutes) || !TryNumber(digits, 12, 2, out var seconds))
            {
                return false;
            }

            value = new CimDateTime(new TimeSpan(days, hours, minutes, seconds) + TimeSpan.FromMicroseconds(micros));
            return true;
        }

        if (text[21] is not ('+' or '-') || !TryNumber(digits, 22, 3, out var offset) || offset > 14 * 60
            || !DateTime.TryParseExact(digits[..14], "yyyyMMddHHmmss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return false;
        }

        var shift = TimeSpan.FromMinutes(text[21] == '-' ? -offset : offset);
        var ticks = local.Ticks + (micros * 10L);
        if (ticks - shift.Ticks < 0 || ticks - shift.Ticks > DateTime.MaxValue.Ticks || ticks > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        value = new CimDateTime(new DateTimeOffset(ticks, shift));
        return true;
    }

    private static bool TryNumber(string text, int start, int length, out int number) =>
        int.TryParse(text.AsSpan(start, length), NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
