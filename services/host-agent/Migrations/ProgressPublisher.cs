using HvPlatform.Contracts.Migrations;
using HvPlatform.HostAgent.Jobs;

namespace HvPlatform.HostAgent.Migrations;

/// <summary>Publishes the newest progress at most four times a second; what the broker does not take in time is overtaken by the next.</summary>
sealed class ProgressPublisher : IProgress<MigrationProgress>, IAsyncDisposable
{
    static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250);

    readonly HostJobContext _context;
    readonly TransferVm _command;
    readonly CancellationTokenSource _stop = new();
    readonly Task _publishing;
    MigrationProgress? _newest;

    public ProgressPublisher(HostJobContext context, TransferVm command)
    {
        (_context, _command) = (context, command);
        _publishing = Task.Run(PublishAsync);
    }

    public void Report(MigrationProgress value) => Volatile.Write(ref _newest, value);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _publishing;
        _stop.Dispose();
    }

    async Task PublishAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            if (Interlocked.Exchange(ref _newest, null) is { } progress)
            {
                var message = new MigrationProgressed
                {
                    OperationId = _command.OperationId,
                    HostId = _command.HostId,
                    VmId = _command.VmId,
                    Progress = progress,
                    At = _context.Now,
                };
                await _context.PublishAsync(message, _command.VmId.Value, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await Task.Delay(s_period, _context.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
