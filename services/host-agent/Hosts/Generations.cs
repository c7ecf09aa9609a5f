using HvPlatform.HostAgent.Journal;
using HvPlatform.HostAgent.Waiting;

namespace HvPlatform.HostAgent.Hosts;

/// <summary>
/// Gives every observation of a host a higher number than all before it, over restarts and clock steps: what has been given out stays below a mark in the journal. A
/// journal that was lost does not throw the host back either, because the first number is at least the clock's milliseconds.
/// </summary>
sealed class Generations
{
    const long Block = 100_000;

    readonly JobJournal _journal;
    readonly AsyncGate _gate = new(1);
    long _last;
    long _reserved;

    public Generations(JobJournal journal, TimeProvider time)
    {
        _journal = journal;
        _last = _reserved = journal.GenerationUpTo;
        if (_last == 0)
        {
            _last = _reserved = time.GetUtcNow().ToUnixTimeMilliseconds();
        }
    }

    /// <summary>The next number. Take it before looking at the host, not after.</summary>
    public async ValueTask<long> NextAsync()
    {
        await _gate.EnterAsync(CancellationToken.None);
        try
        {
            if (_last >= _reserved)
            {
                await _journal.AppendAsync(new GenerationReserved(_last + Block));
                _reserved = _last + Block;
            }

            return ++_last;
        }
        finally
        {
            _gate.Leave();
        }
    }
}
