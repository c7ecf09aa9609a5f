using System.Threading.Channels;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Access;
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

    /// <summary>
    /// Those that have come and that the caller may see, each as lines of the stream, of about <paramref name="mostCharacters"/> in all. They have no id: a client that comes back goes on after the last
    /// event of the history. An event about several VMs is told only to who may see all of them.
    /// </summary>
    public async Task<IReadOnlyList<string>> TakeAsync(StreamAccess access, int mostCharacters, CancellationToken cancellationToken)
    {
        var taken = new List<(Guid[] About, string Lines)>();
        for (var characters = 0; characters < mostCharacters && _channel.Reader.TryRead(out var e); characters += taken[^1].Lines.Length)
        {
            var vm = e.Type == LiveTypes.VmSampled ? Vm : null;
            Guid[] about = vm is { } one ? [one.Value]
                : e.Type == LiveTypes.VmSampled ? [.. e.Vms.Select(v => v.Value), .. e.Hosts.Select(h => h.Value)]
                : e.Vms.Count > 0 ? [.. e.Vms.Select(v => v.Value)] : [.. e.Hosts.Select(h => h.Value)];
            taken.Add((about, $"event: {e.Type}\ndata: {e.Json(vm)}\n\n"));
        }

        var seen = await access.VisibleAsync([.. taken.SelectMany(t => t.About)], cancellationToken);
        return [.. taken.Where(t => t.About.All(seen.Contains)).Select(t => t.Lines)];
    }

    public void Dispose() => ended(this);
}
