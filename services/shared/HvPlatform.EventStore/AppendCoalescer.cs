using System.Data;
using System.Diagnostics;
using System.Threading.Channels;
using Npgsql;

namespace HvPlatform.Events;

/// <summary>
/// Group commit: one loop takes all single appends that are waiting and commits them together; what arrives meanwhile forms the next group. Under load the
/// groups grow by themselves, a lone writer waits for nobody.
/// </summary>
sealed class AppendCoalescer : IAsyncDisposable
{
    const int MaxGroupAppends = 512;
    const int MaxGroupEvents = 4096;
    const int MaxWaiting = 4096;

    /// <summary>A commit that took long waited for the append lock, and says nothing about when its writers come back.</summary>
    static readonly TimeSpan LongestGathering = TimeSpan.FromMilliseconds(10);

    internal delegate Task<AppendOutcome> Run(
        NpgsqlConnection connection, IReadOnlyList<EncodedAppend> appends, bool skipConflicts, CancellationToken cancellationToken);

    readonly NpgsqlDataSource _source;
    readonly Run _run;
    readonly Channel<Waiting> _channel =
        Channel.CreateBounded<Waiting>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    readonly Lazy<Task> _loop;
    NpgsqlConnection? _connection;

    internal AppendCoalescer(NpgsqlDataSource source, Run run)
    {
        _source = source;
        _run = run;
        _loop = new Lazy<Task>(() => Task.Run(LoopAsync));
    }

    internal async Task<AppendResult> AppendAsync(EncodedAppend append, CancellationToken cancellationToken)
    {
        _ = _loop.Value;
        var waiting = new Waiting(append);
        if (!_channel.Writer.TryWrite(waiting))
        {
            try
            {
                await _channel.Writer.WriteAsync(waiting, cancellationToken);
            }
            catch (ChannelClosedException)
            {
                throw new ObjectDisposedException(nameof(EventStore));
            }
        }

        if (!cancellationToken.CanBeCanceled)
        {
            return await waiting.Task;
        }

        await using (cancellationToken.UnsafeRegister(static (state, token) => ((Waiting)state!).TryCancel(token), waiting))
        {
            return await waiting.Task;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        if (_loop.IsValueCreated)
        {
            await _loop.Value;
        }
    }

    async Task LoopAsync()
    {
        var group = new List<Waiting>(MaxGroupAppends);
        var (lastGroup, lastCommit) = (1, TimeSpan.Zero);
        while (await _channel.Reader.WaitToReadAsync())
        {
            await GatherAsync(lastGroup, lastCommit);
            var events = 0;
            while (group.Count < MaxGroupAppends && events < MaxGroupEvents && _channel.Reader.TryRead(out var waiting))
            {
                if (waiting.TryStart())
                {
                    group.Add(waiting);
                    events += waiting.Append.Events.Length;
                }
            }

            if (group.Count > 0)
            {
                var started = Stopwatch.GetTimestamp();
                await CommitAsync(group);
                (lastGroup, lastCommit) = (group.Count, Stopwatch.GetElapsedTime(started));
                group.Clear();
            }
        }

        await CloseConnectionAsync();
    }

    /// <summary>
    /// The writers of the last group are about to come back with their next append. Lets them run first, for a quarter of a commit at most: without it
    /// the quickest one gets a commit for itself, the others wait for that one, and half of all commits are wasted.
    /// </summary>
    async ValueTask GatherAsync(int lastGroup, TimeSpan lastCommit)
    {
        if (_channel.Reader.Count >= lastGroup)
        {
            return;
        }

        var limit = GatheringTime(lastCommit);
        var started = Stopwatch.GetTimestamp();
        while (_channel.Reader.Count < lastGroup && Stopwatch.GetElapsedTime(started) < limit)
        {
            await Task.Yield();
        }
    }

    internal static TimeSpan GatheringTime(TimeSpan lastCommit) => lastCommit / 4 < LongestGathering ? lastCommit / 4 : LongestGathering;

    /// <summary>
    /// A group that the server or a projection refused, and whose connection still works, is rolled back for certain: its members are tried one by one and only the
    /// guilty one fails. After any other failure nobody knows whether the commit happened, and every member is told so.
    /// </summary>
    async Task CommitAsync(List<Waiting> group)
    {
        try
        {
            await CommitTogetherAsync(group);
        }
        catch (Exception e) when (group.Count > 1 && e is PostgresException or not NpgsqlException && _connection?.FullState == ConnectionState.Open)
        {
            foreach (var member in group)
            {
                await CommitAsync([member]);
            }
        }
        catch (PostgresException e) when (EventStoreConcurrencyException.From(e) is { } conflict)
        {
            group[0].Fail(conflict);
        }
        catch (Exception e)
        {
            if (_connection?.FullState != ConnectionState.Open)
            {
                await CloseConnectionAsync();
            }

            foreach (var member in group)
            {
                member.Fail(e);
            }
        }
    }

    async Task CommitTogetherAsync(List<Waiting> group)
    {
        _connection ??= await _source.OpenConnectionAsync();
        var appends = group.ConvertAll(w => w.Append);
        var outcome = await _run(_connection, appends, skipConflicts: true, CancellationToken.None);
        var results = outcome.Results();
        for (var i = 0; i < group.Count; i++)
        {
            if (outcome.IsAccepted(i))
            {
                group[i].Complete(results[i]);
            }
            else
            {
                var source = appends[i].Source;
                group[i].Fail(new EventStoreConcurrencyException(source.StreamId, source.ExpectedVersion!.Value, outcome.Versions[i]));
            }
        }
    }

    async Task CloseConnectionAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }

    sealed class Waiting(EncodedAppend append)
    {
        readonly TaskCompletionSource<AppendResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int _decided;

        internal EncodedAppend Append => append;

        internal Task<AppendResult> Task => _completion.Task;

        internal bool TryStart() => Interlocked.Exchange(ref _decided, 1) == 0;

        internal void TryCancel(CancellationToken token)
        {
            if (TryStart())
            {
                _completion.SetCanceled(token);
            }
        }

        internal void Complete(AppendResult result) => _completion.SetResult(result);

        internal void Fail(Exception exception) => _completion.SetException(exception);
    }
}
