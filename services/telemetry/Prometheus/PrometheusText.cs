using System.Globalization;
using System.Text;

namespace HvPlatform.Telemetry.Prometheus;

/// <summary>Prometheus' text format, version 0.0.4 (prometheus.io, "Exposition formats"); names follow OpenTelemetry's rules for Prometheus.</summary>
public static class PrometheusText
{
    /// <summary>The media type scrapers expect.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary><c>hv.migration.duration</c> in <c>s</c> becomes <c>hv_migration_duration_seconds</c>; a counter ends in <c>_total</c>; units in braces are no units.</summary>
    public static string Name(string instrument, string? unit, MetricKind kind)
    {
        var name = new StringBuilder();
        foreach (var c in instrument)
        {
            name.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or ':' ? c : '_');
        }

        name.Append(unit switch { "s" => "_seconds", "ms" => "_milliseconds", "By" => "_bytes", "MiBy" => "_mebibytes", "1" or "%" => "_ratio", _ => "" });
        return name.Append(kind == MetricKind.Counter ? "_total" : "").ToString();
    }

    /// <summary>Labels sorted by name, <c>a="1",b="2"</c>, values escaped; empty for none.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new List<string>(tags.Length);
        foreach (var (key, value) in tags)
        {
            labels.Add($"{Name(key, null, MetricKind.Gauge)}=\"{Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "").Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        }

        labels.Sort(StringComparer.Ordinal);
        return string.Join(',', labels);
    }

    /// <summary>The whole answer to a scrape.</summary>
    public static string Write(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder();
        foreach (var family in families)
        {
            text.Append("# HELP ").Append(family.Name).Append(' ').Append(Escape(family.Help)).Append('\n');
            text.Append("# TYPE ").Append(family.Name).Append(' ').Append(family.Kind.ToString().ToLowerInvariant()).Append('\n');
            foreach (var (labels, series) in family.Series)
            {
                if (family.Kind == MetricKind.Histogram)
                {
                    Histogram(text, family, labels, series);
                }
                else
                {
                    Line(text, family.Name, labels, series.Value);
                }
            }
        }

        return text.ToString();
    }

    static void Histogram(StringBuilder text, MetricFamily family, string labels, MetricSeries series)
    {
        var before = labels.Length == 0 ? "" : labels + ",";
        long cumulative = 0;
        for (var i = 0; i < family.Bounds.Length; i++)
        {
            cumulative += series.Buckets[i];
            Line(text, family.Name + "_bucket", $"{before}le=\"{Number(family.Bounds[i])}\"", cumulative);
        }

        Line(text, family.Name + "_bucket", before + "le=\"+Inf\"", series.Count);
        Line(text, family.Name + "_sum", labels, series.Value);
        Line(text, family.Name + "_count", labels, series.Count);
    }

    static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(Number(value)).Append('\n');
    }

    static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString(CultureInfo.InvariantCulture);

    static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
