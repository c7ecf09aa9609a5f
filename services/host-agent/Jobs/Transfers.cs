using HvPlatform.Contracts;

namespace HvPlatform.HostAgent.Jobs;

/// <summary>The transfers (and other long steps) this agent has taken and not yet ended, so that an abort finds one even before it runs, and nothing else is done to its VM before it has ended.</summary>
sealed class Transfers
{
    readonly Dictionary<OperationId, OpenTransfer> _open = [];

    public CancellationToken Open(OperationId operation)
    {
        lock (_open)
        {
            if (!_open.TryGetValue(operation, out var transfer))
            {
                _open[operation] = transfer = new OpenTransfer();
            }

            return transfer.Abort.Token;
        }
    }

    /// <summary>False if the operation has no open transfer here.</summary>
    public bool Abort(OperationId operation)
    {
        OpenTransfer? transfer;
        lock (_open)
        {
            if (!_open.TryGetValue(operation, out transfer))
            {
                return false;
            }
        }

        // Not within the lock: who waits for it runs on in here.
        transfer.Abort.Cancel();
        return true;
    }

    /// <summary>Whether the operation has an open transfer here.</summary>
    public bool IsOpen(OperationId operation)
    {
        lock (_open)
        {
            return _open.ContainsKey(operation);
        }
    }

    public void Close(OperationId operation)
    {
        lock (_open)
        {
            if (_open.Remove(operation, out var transfer))
            {
                transfer.Waiting.ForEach(w => w.TrySetResult());
            }
        }
    }

    /// <summary>Returns when the operation has no open transfer here.</summary>
    public async Task WhenClosedAsync(OperationId operation, CancellationToken cancellationToken)
    {
        TaskCompletionSource closed;
        lock (_open)
        {
            if (!_open.TryGetValue(operation, out var transfer))
            {
                return;
            }

            transfer.Waiting.Add(closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        using var leaving = cancellationToken.UnsafeRegister((_, token) => closed.TrySetCanceled(token), null);
        await closed.Task;
    }

    sealed class OpenTransfer
    {
        public CancellationTokenSource Abort { get; } = new();

        public List<TaskCompletionSource> Waiting { get; } = [];
    }
}
