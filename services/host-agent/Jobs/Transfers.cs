using HvPlatform.Contracts;

namespace HvPlatform.HostAgent.Jobs;

/// <summary>The transfers this agent has taken and not yet ended, so that an abort finds one even before it runs.</summary>
sealed class Transfers
{
    readonly Dictionary<OperationId, CancellationTokenSource> _open = [];

    public CancellationToken Open(OperationId operation)
    {
        lock (_open)
        {
            if (!_open.TryGetValue(operation, out var abort))
            {
                _open[operation] = abort = new CancellationTokenSource();
            }

            return abort.Token;
        }
    }

    /// <summary>False if the operation has no open transfer here.</summary>
    public bool Abort(OperationId operation)
    {
        CancellationTokenSource? abort;
        lock (_open)
        {
            if (!_open.TryGetValue(operation, out abort))
            {
                return false;
            }
        }

        // Not within the lock: who waits for it runs on in here.
        abort.Cancel();
        return true;
    }

    public void Close(OperationId operation)
    {
        lock (_open)
        {
            _open.Remove(operation);
        }
    }
}
