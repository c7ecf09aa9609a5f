using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.HostAgent.Jobs;

namespace HvPlatform.HostAgent.Packages;

/// <summary>Publishes the newest progress of an export or import at most four times a second; what the broker does not take in time is overtaken by the next.</summary>
sealed class PackageProgressPublisher : IProgress<PackageProgress>, IDisposable
{
    static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    readonly HostJobContext _context;
    readonly VmId _vm;
    readonly Func<PackageProgress, object> _message;
    readonly CancellationTokenSource _stop = new();
    PackageProgress? _newest;

    public PackageProgressPublisher(HostJobContext context, VmId vm, Func<PackageProgress, object> message)
    {
        (_context, _vm, _message) = (context, vm, message);
        _ = PublishAsync();
    }

    public void Report(PackageProgress value) => Volatile.Write(ref _newest, value);

    public void Dispose() => _stop.Cancel();

    async Task PublishAsync()
    {
        await Task.Yield();
        while (!_stop.IsCancellationRequested)
        {
            if (Interlocked.Exchange(ref _newest, null) is { } progress)
            {
                using var patience = new CancellationTokenSource(s_patience, _context.Time);
                await _context.PublishAsync(_message(progress), _vm.Value, patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }

            await Task.Delay(s_period, _context.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }
}
