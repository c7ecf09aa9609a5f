using System.Diagnostics;
using System.Diagnostics.Metrics;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Operations;
using HvPlatform.Contracts.Vms;
using HvPlatform.ServiceKit.Telemetry;

namespace HvPlatform.Telemetry.Facts;

/// <summary>The platform's facts as metrics: exported by OTLP with all others of the process, and readable at <c>GET /metrics</c>.</summary>
public sealed class PlatformMetrics
{
    readonly Counter<long> _migrations;
    readonly Counter<long> _inDoubt;
    readonly Histogram<double> _duration;
    readonly Histogram<double> _phase;
    readonly Histogram<double> _downtime;
    readonly Counter<long> _transferred;
    readonly Counter<long> _vmCommands;
    readonly Counter<long> _rejections;
    readonly Counter<long> _samples;
    readonly Counter<long> _samplesDropped;

    public PlatformMetrics(IMeterFactory meters, HostReachability hosts)
    {
        var meter = meters.Create(HvTelemetry.Name);
        double[] seconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800];
        _migrations = meter.CreateCounter<long>("hv.migrations", "{migration}", "Migrations that have ended, by outcome.");
        _inDoubt = meter.CreateCounter<long>("hv.migrations.in_doubt", "{migration}", "Times a migration had to wait for a host to say what is true.");
        _duration = meter.CreateHistogram("hv.migration.duration", "s", "From acceptance to the end, by outcome.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = seconds });
        _phase = meter.CreateHistogram("hv.migration.phase.duration", "s", "Time spent in each phase.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = seconds });
        _downtime = meter.CreateHistogram("hv.migration.downtime", "s", "How long the guest stood still.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        _transferred = meter.CreateCounter<long>("hv.migration.transferred", "By", "Bytes moved by completed migrations.");
        _vmCommands = meter.CreateCounter<long>("hv.vm.commands", "{command}", "Lifecycle commands that hosts have carried out or failed, by kind and outcome.");
        _rejections = meter.CreateCounter<long>("hv.commands.rejected", "{command}", "Commands refused before any host was asked, by reason.");
        _samples = meter.CreateCounter<long>("hv.samples", "{sample}", "Samples of hosts that were written.");
        _samplesDropped = meter.CreateCounter<long>("hv.samples.dropped", "{sample}", "Samples of hosts that arrived and were not written: the database was slower, or away.");
        meter.CreateObservableGauge("hv.hosts", () => hosts.Count().Select(s => new Measurement<long>(s.Count, new KeyValuePair<string, object?>("state", s.State))), "{host}", "Hosts, by what was last heard of them.");
    }

    /// <summary>A migration ended well.</summary>
    public void Record(MigrationCompleted migration)
    {
        Ended("completed", migration.TotalMs, migration.Phases);
        if (migration.DowntimeMs is { } downtime)
        {
            _downtime.Record(downtime / 1000.0);
        }

        if (migration.TransferredBytes is { } bytes)
        {
            _transferred.Add(bytes);
        }
    }

    /// <summary>A migration was undone.</summary>
    public void Record(MigrationRolledBack migration) => Ended(migration.Cancelled ? "cancelled" : "rolled_back", migration.TotalMs, migration.Phases);

    /// <summary>A migration failed.</summary>
    public void Record(MigrationFailed migration) => Ended("failed", migration.TotalMs, migration.Phases);

    /// <summary>A migration waits for the truth.</summary>
    public void Record(MigrationInDoubt _) => _inDoubt.Add(1);

    /// <summary>A host did what was asked.</summary>
    public void Record(VmCommandCompleted command) =>
        _vmCommands.Add(1, new TagList { { "kind", command.Kind.ToString() }, { "outcome", "completed" }, { "error", "" } });

    /// <summary>A host could not do what was asked.</summary>
    public void Record(VmCommandFailed command) =>
        _vmCommands.Add(1, new TagList { { "kind", command.Kind.ToString() }, { "outcome", "failed" }, { "error", command.Error.Kind.ToString() } });

    /// <summary>A command was refused.</summary>
    public void Record(CommandRejected command) => _rejections.Add(1, new TagList { { "command", command.Command }, { "code", command.Error.Code } });

    /// <summary>Samples are in the database.</summary>
    public void SamplesWritten(int count) => _samples.Add(count);

    /// <summary>Samples are lost.</summary>
    public void SamplesDropped(int count) => _samplesDropped.Add(count);

    void Ended(string outcome, long totalMs, IReadOnlyList<MigrationPhaseTime> phases)
    {
        _migrations.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        _duration.Record(totalMs / 1000.0, new KeyValuePair<string, object?>("outcome", outcome));
        foreach (var phase in phases)
        {
            _phase.Record(phase.Ms / 1000.0, new KeyValuePair<string, object?>("phase", phase.Phase.ToString()));
        }
    }
}
