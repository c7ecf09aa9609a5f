using System.Diagnostics.Metrics;
using HvPlatform.ServiceKit.Telemetry;

namespace HvPlatform.Telemetry.Prometheus;

/// <summary>
/// Adds up what the platform's meters measure in this process, per instrument and label set, for reading as a whole. (The OpenTelemetry SDK does the
/// same for OTLP; its Prometheus exporter is a package this build does without.)
/// </summary>
public sealed class PrometheusCollector : IDisposable
{
    /// <summary>A label with ever new values must not eat the memory: further label sets of an instrument are dropped.</summary>
    public const int MaxSeriesPerInstrument = 2000;

    readonly MeterListener _listener = new();
    readonly Dictionary<Instrument, MetricFamily> _families = [];
    readonly Lock _lock = new();

    /// <summary>Listens to the meters of the given factory, and to those of the process that belong to no factory, under the platform's name.</summary>
    public PrometheusCollector(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == HvTelemetry.Name && (instrument.Meter.Scope is null || ReferenceEquals(instrument.Meter.Scope, meters)))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Record(i, value, tags));
        _listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Record(i, value, tags));
        _listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Record(i, value, tags));
        _listener.Start();
    }

    /// <summary>All families with their values now, by name.</summary>
    public IReadOnlyList<MetricFamily> Collect()
    {
        _listener.RecordObservableInstruments();
        lock (_lock)
        {
            return [.. _families.Values.Select(f => f.Copy()).OrderBy(f => f.Name, StringComparer.Ordinal)];
        }
    }

    /// <summary>Stops listening.</summary>
    public void Dispose() => _listener.Dispose();

    void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = PrometheusText.Labels(tags);
        lock (_lock)
        {
            if (!_families.TryGetValue(instrument, out var family))
            {
                _families[instrument] = family = MetricFamily.For(instrument);
            }

            if (!family.Series.TryGetValue(labels, out var series))
            {
                if (family.Series.Count >= MaxSeriesPerInstrument)
                {
                    return;
                }

                family.Series[labels] = series = new MetricSeries(family.Bounds);
            }

            series.Add(value, family);
        }
    }
}

/// <summary>The four kinds of the text format that are used here.</summary>
public enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>One instrument with all its label sets.</summary>
public sealed record MetricFamily
{
    public required string Name { get; init; }

    public required string Help { get; init; }

    public required MetricKind Kind { get; init; }

    /// <summary>Upper bounds of a histogram's buckets, ascending, without infinity.</summary>
    public required double[] Bounds { get; init; }

    /// <summary>Whether a measurement is the value itself (gauges, and whatever is observed), not what is added to it.</summary>
    public required bool IsWhole { get; init; }

    /// <summary>Values by label set, as <see cref="PrometheusText.Labels"/> writes it.</summary>
    public SortedDictionary<string, MetricSeries> Series { get; init; } = new(StringComparer.Ordinal);

    public static MetricFamily For(Instrument instrument)
    {
        var kind = instrument.GetType() is { IsGenericType: true } type ? KindOf(type.GetGenericTypeDefinition()) : MetricKind.Gauge;
        return new()
        {
            Name = PrometheusText.Name(instrument.Name, instrument.Unit, kind),
            Help = instrument.Description ?? instrument.Name,
            Kind = kind,
            IsWhole = instrument.IsObservable || (instrument.GetType() is { IsGenericType: true } t && t.GetGenericTypeDefinition() == typeof(Gauge<>)),
            Bounds = instrument switch
            {
                Histogram<double> h => [.. h.Advice?.HistogramBucketBoundaries ?? []],
                Histogram<long> h => [.. (h.Advice?.HistogramBucketBoundaries ?? []).Select(b => (double)b)],
                Histogram<int> h => [.. (h.Advice?.HistogramBucketBoundaries ?? []).Select(b => (double)b)],
                _ => [],
            },
        };
    }

    public MetricFamily Copy() => this with { Series = new(Series.ToDictionary(s => s.Key, s => s.Value.Copy()), StringComparer.Ordinal) };

    static MetricKind KindOf(Type type) =>
        type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? MetricKind.Counter : type == typeof(Histogram<>) ? MetricKind.Histogram : MetricKind.Gauge;
}

/// <summary>One label set's figures.</summary>
public sealed class MetricSeries(double[] bounds)
{
    /// <summary>A counter's or gauge's value; a histogram's sum.</summary>
    public double Value { get; private set; }

    /// <summary>A histogram's number of values.</summary>
    public long Count { get; private set; }

    /// <summary>Values per bucket (not cumulative); those above the last bound are in none.</summary>
    public long[] Buckets { get; private init; } = new long[bounds.Length];

    /// <summary>Takes a measurement in.</summary>
    public void Add(double value, MetricFamily family)
    {
        Value = family.IsWhole ? value : Value + value;
        Count++;
        if (family.Kind == MetricKind.Histogram && Array.FindIndex(bounds, b => value <= b) is >= 0 and var bucket)
        {
            Buckets[bucket]++;
        }
    }

    /// <summary>A copy that no longer changes.</summary>
    public MetricSeries Copy() => new(bounds) { Value = Value, Count = Count, Buckets = [.. Buckets] };
}
