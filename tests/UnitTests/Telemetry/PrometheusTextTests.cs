using System.Diagnostics.Metrics;
using HvPlatform.ServiceKit.Telemetry;
using HvPlatform.Telemetry.Prometheus;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HvPlatform.UnitTests.Telemetry;

public sealed class PrometheusTextTests : IDisposable
{
    readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    readonly PrometheusCollector _collector;
    readonly Meter _meter;

    public PrometheusTextTests()
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        (_collector, _meter) = (new(meters), meters.Create(HvTelemetry.Name));
    }

    [Fact]
    public void A_counter_adds_up_per_label_set()
    {
        var counter = _meter.CreateCounter<long>("hv.things", "{thing}", "Things.\nAll of them.");
        counter.Add(2, new KeyValuePair<string, object?>("kind", "a\"b\\c\nd"));
        counter.Add(3, new KeyValuePair<string, object?>("kind", "a\"b\\c\nd"));
        counter.Add(1);
        Assert.Contains("# HELP hv_things_total Things.\\nAll of them.\n# TYPE hv_things_total counter\nhv_things_total 1\nhv_things_total{kind=\"a\\\"b\\\\c\\nd\"} 5\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_are_the_same_series_in_any_order()
    {
        var counter = _meter.CreateCounter<int>("hv.ordered");
        counter.Add(1, new("b", 2), new("a", 1));
        counter.Add(1, new("a", 1), new("b", 2));
        Assert.Contains("hv_ordered_total{a=\"1\",b=\"2\"} 2\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_histogram_has_cumulative_buckets_that_include_their_bound()
    {
        var histogram = _meter.CreateHistogram("hv.wait", "s", "Waiting.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1] });
        foreach (var value in (double[])[0.25, 0.5, 1, 7.5])
        {
            histogram.Record(value, new KeyValuePair<string, object?>("phase", "x"));
        }

        Assert.Contains("""
            # TYPE hv_wait_seconds histogram
            hv_wait_seconds_bucket{phase="x",le="0.5"} 2
            hv_wait_seconds_bucket{phase="x",le="1"} 3
            hv_wait_seconds_bucket{phase="x",le="+Inf"} 4
            hv_wait_seconds_sum{phase="x"} 9.25
            hv_wait_seconds_count{phase="x"} 4

            """, Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_observed_counter_is_not_added_up_and_an_up_down_counter_is()
    {
        _meter.CreateObservableCounter("hv.seen", () => 5L);
        var open = _meter.CreateUpDownCounter<int>("hv.open");
        open.Add(3);
        open.Add(-1);
        _ = Text();
        Assert.Contains("hv_seen_total 5\n", Text(), StringComparison.Ordinal);
        Assert.Contains("hv_open 2\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_gauge_is_asked_at_each_reading()
    {
        var value = 3;
        _meter.CreateObservableGauge("hv.level", () => value);
        Assert.Contains("# TYPE hv_level gauge\nhv_level 3\n", Text(), StringComparison.Ordinal);
        value = 4;
        Assert.Contains("hv_level 4\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_process_part_with_its_own_meter_factory_is_not_mixed_in()
    {
        using var other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        other.GetRequiredService<IMeterFactory>().Create(HvTelemetry.Name).CreateCounter<long>("hv.foreign").Add(1);
        Assert.DoesNotContain("hv_foreign", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void Ever_new_label_values_do_not_grow_without_bound()
    {
        var counter = _meter.CreateCounter<long>("hv.leak");
        for (var i = 0; i < PrometheusCollector.MaxSeriesPerInstrument + 10; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("id", i));
        }

        Assert.Equal(PrometheusCollector.MaxSeriesPerInstrument, _collector.Collect().Single(f => f.Name == "hv_leak_total").Series.Count);
    }

    public void Dispose()
    {
        _collector.Dispose();
        _services.Dispose();
    }

    string Text() => PrometheusText.Write(_collector.Collect());
}
