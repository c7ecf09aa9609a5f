using System.Globalization;
using HvPlatform.Orchestrator.Http;

namespace HvPlatform.Orchestrator.Figures;

/// <summary>Which span of time, in steps of what length.</summary>
internal sealed record MetricsQuery(DateTimeOffset From, DateTimeOffset To, TimeSpan Step)
{
    const int MostPoints = 3600;
    const int UsualPoints = 300;
    static readonly TimeSpan s_longest = TimeSpan.FromDays(31);
    static readonly int[] s_steps = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];

    public static IReadOnlyList<QueryParameter> Parameters { get; } =
    [
        new("from", "The beginning; an hour before the end if not given.", "string", "date-time"),
        new("to", "The end, not included; now if not given.", "string", "date-time"),
        new("step", "Seconds per point, each the mean of its step; if not given, so that at most 300 points come.", "integer", "int32"),
    ];

    /// <summary>What is wrong is in the reader's refusal.</summary>
    public static MetricsQuery Read(QueryReader query, DateTimeOffset now)
    {
        var to = query.Instant("to") ?? now;
        var from = query.Instant("from") ?? to - TimeSpan.FromHours(1);
        if (from >= to || to - from > s_longest)
        {
            query.Wrong("from", string.Create(CultureInfo.InvariantCulture, $"must be before 'to' ({to:O}), by 31 days at most, found {from:O}"));
            return new(to - TimeSpan.FromHours(1), to, TimeSpan.FromMinutes(1));
        }

        var seconds = (to - from).TotalSeconds;
        var usual = s_steps.First(s => s >= seconds / UsualPoints);
        var step = query.Int("step", usual, 1, 86_400);
        if (seconds / step > MostPoints)
        {
            query.Wrong("step", string.Create(CultureInfo.InvariantCulture, $"must be so long that at most {MostPoints} points come, found {step}"));
        }

        return new(from, to, TimeSpan.FromSeconds(step));
    }
}
