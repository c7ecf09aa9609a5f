using System.Threading.Channels;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Events;

namespace HvPlatform.Orchestrator.Live;

/// <summary>One client's transient events. When the client is slower than they come, the oldest make room.</summary>
internal sealed class LiveSubscription(EventFilter filter, Action<LiveSubscription> ended) : IDisposable
{
    const int Capacity = 256;

    readonly Channel<LiveEvent> _channel = Channel.CreateBounded<LiveEvent>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>The VM whose samples it wants; null for none, or for all of a host.</summary>
    public VmId? Vm { get; } = filter.Vm is { } vm ? new VmId(vm) : null;

    /// <summary>The host whose samples it wants.</summary>
    public HostId? Host { get; } = filter.Host is { } host ? new HostId(host) : null;

    /// <summary>Whether it wants samples at all: those of a whole fleet are for nobody.</summary>
    public bool WantsSamples => (Vm is not null || Host is not null) && Wants(LiveTypes.VmSampled);

    public bool Wants(string type) => filter.Types.Count == 0 || filter.Types.Contains(type);

    public void Offer(LiveEvent e)
    {
        if (Wants(e.Type) && (Vm is not { } vm || e.Vms.Contains(vm)) && (Host is not { } host || e.Hosts.Contains(host)) && (e.Type != LiveTypes.VmSampled || WantsSamples))
        {
            _channel.Writer.TryWrite(e);
        }
    }

    /// <summary>Completes when there is one to take.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _channel.Reader.WaitToReadAsync(cancellationToken).AsTask();

    /// <summary>The next one as lines of the stream; null if there is none now. It has no id: a client that comes back goes on after the last event of the history.</summary>
    public string? Take() => _channel.Reader.TryRead(out var e) ? $"event: {e.Type}\ndata: {e.Json(e.Type == LiveTypes.VmSampled ? Vm : null)}\n\n" : null;

    public void Dispose() => ended(this);
}
