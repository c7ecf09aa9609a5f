using System.Threading.Channels;
using HvPlatform.ApiClient;

namespace HvPlatform.Cli.Client.Following;

/// <summary>Says when something may have changed: the event stream told of something, or a while has passed. Without a stream (too many are open, a proxy) only the while.</summary>
internal sealed class ChangeSignal : IAsyncDisposable
{
    readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    readonly CancellationTokenSource _stop;
    readonly Task _listening;

    /// <param name="run">The verb's run.</param>
    /// <param name="vm">Only what is about this VM; null for all.</param>
    public ChangeSignal(Run run, Guid? vm)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(run.Cancelled);
        _listening = ListenAsync(run.Api, vm, _stop.Token);
    }

    /// <summary>Returns at the next sign of a change, at the latest after <paramref name="atMost"/>.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(atMost);
        try
        {
            await _signals.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing was told for a while.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listening;
        _stop.Dispose();
    }

    async Task ListenAsync(HvApiClient api, Guid? vm, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var _ in api.StreamEventsAsync(vm: vm, live: true, cancellationToken: cancellationToken))
            {
                _signals.Writer.TryWrite(true);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException or ApiProblemException)
        {
            // Waiting goes on without it.
        }
    }
}
