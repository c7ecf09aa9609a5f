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
    /// Fitted so that one true end in ten lies below and one in ten above, over every other recorded transfer (<c>tests/UnitTests/Forecasting/Recordings</c>);
    /// judged on the others. <c>./hv bench eta</c> prints the fit and the coverage of both halves.
    /// </summary>
    public static EtaCalibration Recorded { get; } = new(7.5, 1.1, 1.9, 3.75);

    internal EtaInterval Interval(double expectedMs, double spread, bool firstPass)
    {
        var (below, above) = firstPass ? (FirstBelow, FirstAbove) : (LaterBelow, LaterAbove);
        return new((long)(expectedMs * Math.Exp(-below * spread)), (long)Math.Round(expectedMs), (long)Math.Ceiling(expectedMs * Math.Exp(above * spread)));
    }
}
