namespace HvPlatform.Benchmarks;

/// <summary>Prints each figure as one line: name, value, unit, what it is compared with (measured in the same run), and the aim.</summary>
public sealed class BenchReport
{
    /// <summary>Prints one figure.</summary>
    public void Line(string name, double value, string unit, string? comparedWith = null, double? comparedValue = null, string? aim = null)
    {
        var compared = comparedWith is null ? "" : comparedValue is { } c ? $"  [{comparedWith}: {c:0.##} {unit}, ratio {value / c:0.00}]" : $"  [{comparedWith}]";
        Console.WriteLine($"{name,-60} {value,12:0.##} {unit,-12}{compared}{(aim is null ? "" : $"  (aim {aim})")}");
    }
}
