using System.Globalization;

namespace HvPlatform.Cli.Client.Output;

/// <summary>Values in the words of tables.</summary>
internal static class Words
{
    const long Ki = 1024;
    static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>UTC, to the second.</summary>
    public static string At(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";

    /// <summary>UTC, to the millisecond.</summary>
    public static string AtMs(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) ?? "";

    public static string Number(double? number, string format = "0.#") => number?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    public static string Bytes(double? bytes)
    {
        if (bytes is not { } size)
        {
            return "";
        }

        var unit = 0;
        for (; size >= Ki && unit < s_units.Length - 1; unit++)
        {
            size /= Ki;
        }

        return $"{size.ToString(unit == 0 || size >= 100 ? "0" : "0.0", CultureInfo.InvariantCulture)} {s_units[unit]}";
    }

    /// <summary>A time span from ms: <c>850 ms</c>, <c>12.3 s</c>, <c>4m10s</c>, <c>2h05m</c>.</summary>
    public static string Ms(long? ms) => ms switch
    {
        null => "",
        < 1000 => $"{ms} ms",
        < 60_000 => $"{(ms.Value / 1000.0).ToString("0.0", CultureInfo.InvariantCulture)} s",
        < 3_600_000 => $"{ms / 60_000}m{ms / 1000 % 60:00}s",
        _ => $"{ms / 3_600_000}h{ms / 60_000 % 60:00}m",
    };

    /// <summary>The time left as an interval: <c>12-15 s</c>; empty if there is too little to go by.</summary>
    public static string Left(long? lowMs, long? highMs) => (lowMs, highMs) switch
    {
        (null, _) => "",
        ({ } low, null) => $"at least {Seconds(low)} s",
        ({ } low, { } high) => $"{Seconds(low)}-{Seconds(high)} s",
    };

    static string Seconds(long ms) => (ms / 1000.0).ToString("F0", CultureInfo.InvariantCulture);
}
