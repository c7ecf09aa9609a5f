using System.Globalization;

namespace HvPlatform.ServiceKit.Grpc;

/// <summary>The header <c>grpc-timeout</c>: at most eight digits and a unit.</summary>
internal static class GrpcTimeout
{
    /// <summary>Longest that is kept; a caller that gives more waits no longer than its connection lives.</summary>
    static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    /// <summary>Null if there is none.</summary>
    /// <exception cref="GrpcException">It is none.</exception>
    public static TimeSpan? Read(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (text.Length is < 2 or > 9 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
        {
            throw Wrong(text);
        }

        // Ticks are 100 ns; less than one is none.
        var ticks = text[^1] switch
        {
            'H' => amount * TimeSpan.TicksPerHour,
            'M' => amount * TimeSpan.TicksPerMinute,
            'S' => amount * TimeSpan.TicksPerSecond,
            'm' => amount * TimeSpan.TicksPerMillisecond,
            'u' => amount * TimeSpan.TicksPerMicrosecond,
            'n' => amount / TimeSpan.NanosecondsPerTick,
            _ => throw Wrong(text),
        };
        return ticks < s_longest.Ticks ? TimeSpan.FromTicks(ticks) : s_longest;
    }

    static GrpcException Wrong(string text) => new(GrpcStatus.Internal, $"The header grpc-timeout '{text}' is not one to eight digits and a unit (H, M, S, m, u, n).");
}
