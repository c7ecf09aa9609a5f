using System.Threading.Channels;
using HvPlatform.Contracts.Hosts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Telemetry.Facts;

namespace HvPlatform.Telemetry.Samples;

/// <summary>What has arrived and is not written yet. When the database is slower than the hosts, the oldest make room: a gap, and no one waits.</summary>
internal sealed class FigureBuffer
{
    /// <summary>A minute of a fleet of a thousand hosts.</summary>
    public const int Capacity = 12_000;

    readonly Channel<object> _channel;

    public FigureBuffer(PlatformMetrics metrics) =>
        _channel = Channel.CreateBounded<object>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest }, _ => metrics.SamplesDropped(1));

    public void Add(HostSampled sample) => _channel.Writer.TryWrite(sample);

    public void Add(MigrationProgressed progress) => _channel.Writer.TryWrite(progress);

    /// <summary>Everything there is, waiting for the first.</summary>
    public async Task<(List<HostSampled> Samples, List<MigrationProgressed> Progress)> TakeAsync(int most, CancellationToken cancellationToken)
    {
        await _channel.Reader.WaitToReadAsync(cancellationToken);
        var (samples, progress) = (new List<HostSampled>(), new List<MigrationProgressed>());
        while (samples.Count + progress.Count < most && _channel.Reader.TryRead(out var figure))
        {
            switch (figure)
            {
                case HostSampled sample:
                    samples.Add(sample);
                    break;
                case MigrationProgressed point:
                    progress.Add(point);
                    break;
            }
        }

        return (samples, progress);
    }
}
