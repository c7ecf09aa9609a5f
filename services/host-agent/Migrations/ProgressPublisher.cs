using HvPlatform.Contracts.Migrations;
using HvPlatform.HostAgent.Jobs;
using HvPlatform.Hypervisors.Forecasting;

namespace HvPlatform.HostAgent.Migrations;

/// <summary>
/// Publishes the newest progress at most four times a second; what the broker does not take in time is overtaken by the next. The transfer's end does not
/// wait for it: a figure on its way then arrives late, and readers leave it out.
/// </summary>
sealed class ProgressPublisher : IProgress<MigrationProgress>, IDisposable
{
    static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    readonly HostJobContext _context;
    readonly TransferVm _command;
    readonly CancellationTokenSource _stop = new();
    readonly EtaEstimator _eta;
    readonly Lock _gate = new();
    MigrationProgress? _newest;

    public ProgressPublisher(HostJobContext context, TransferVm command)
    {
        (_context, _command) = (context, command);
        _eta = new EtaEstimator(command.Policy, command.Source?.Vm.MemoryMiB, command.Source?.DirtyRateMiBps);
        _ = PublishAsync();
    }

    public void Report(MigrationProgress value)
    {
        lock (_gate)
        {
            _eta.Take(value);
            _newest = value;
        }
    }

    public void Dispose() => _stop.Cancel();

    async Task PublishAsync()
    {
        await Task.Yield();
        while (!_stop.IsCancellationRequested)
        {
            if (TakeNewest() is { } progress)
            {
                var message = new MigrationProgressed
                {
                    OperationId = _command.OperationId,
                    HostId = _command.HostId,
                    VmId = _command.VmId,
                    Progress = progress,
                    At = _context.Now,
                };
                using var patience = new CancellationTokenSource(s_patience, _context.Time);
                await _context.PublishAsync(message, _command.VmId.Value, patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }

            await Task.Delay(s_period, _context.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <summary>What was reported last, with the time it will still take; null if nothing was since the last call.</summary>
    MigrationProgress? TakeNewest()
    {
        lock (_gate)
        {
            if (_newest is not { } newest)
            {
                return null;
            }

            _newest = null;
            var eta = newest.Percent < 100 ? _eta.Estimate() : null;
            return _context.Memory.Keep(_command.OperationId, newest with { EtaP10Ms = eta?.P10Ms, EtaP90Ms = eta?.P90Ms });
        }
    }
}
