namespace HvPlatform.Hypervisors.Forecasting;

/// <summary>
/// How many spreads below and above the model's end the interval reaches, on a logarithmic scale. The first pass over memory has a pair of its own: how many of the pages
/// to come are zeros, which cost nothing, and how many of the sent ones were dirtied again is not known before its end.
/// </summary>
/// <param name="FirstBelow">In the first pass, below.</param>
/// <param name="FirstAbove">In the first pass, above.</param>
/// <param name="LaterBelow">In later rounds, below.</param>
/// <param name="LaterAbove">In later rounds, above.</param>
public sealed record EtaCalibration(double FirstBelow, double FirstAbove, double LaterBelow, double LaterAbove)
{
    /// <summary>
    /// Fitted over the recorded transfers (<c>tests/UnitTests/Forecasting/Recordings</c>) so that one true end in ten lies below and one in ten above. What that is worth for others is
    /// measured by fitting on some and judging on the rest: <c>./hv bench eta</c>.
    /// </summary>
    public static EtaCalibration Recorded { get; } = new(7.2, 1.4, 2.0, 3.0);

    internal EtaInterval Interval(double expectedMs, double spread, bool firstPass)
    {
        var (below, above) = firstPass ? (FirstBelow, FirstAbove) : (LaterBelow, LaterAbove);
        return new((long)(expectedMs * Math.Exp(-below * spread)), (long)Math.Round(expectedMs), (long)Math.Ceiling(expectedMs * Math.Exp(above * spread)));
    }
}
