using System.Text.Json;
using System.Threading.Channels;
using HvPlatform.Contracts;

namespace HvPlatform.HostAgent.Journal;

/// <summary>
/// One host's durable memory, in a file of its own: the commands it has taken and what became of them, the highest epoch per VM, and the generations given out.
/// An append returns when its records are on disk; appends that come while the disk is busy share the next write. The file is compacted when it is opened, and
/// when it has grown large. If the disk refuses a write, nothing is taken any more: after a failed fsync nobody knows what the disk holds.
/// </summary>
sealed class JobJournal : IAsyncDisposable
{
    public const int Format = 1;
    const int MaxBatch = 512;
    const int KeepMost = 20_000;
    static readonly TimeSpan s_keepResults = TimeSpan.FromHours(24);

    readonly Channel<Pending> _queue = Channel.CreateUnbounded<Pending>(new UnboundedChannelOptions { SingleReader = true });
    readonly Lock _gate = new();
    readonly string _path;
    readonly HostId _host;
    readonly TimeProvider _time;
    readonly FileStream _lock;
    readonly Task _writing;
    JournalState _state;
    JournalFile _file;
    long _compactAboveBytes;
    Exception? _broken;

    JobJournal(string path, HostId host, TimeProvider time, long compactAboveBytes, FileStream fileLock, JournalState state, JournalFile file)
    {
        (_path, _host, _time, _compactAboveBytes, _lock, _state, _file) = (path, host, time, compactAboveBytes, fileLock, state, file);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Why the journal takes nothing any more; null while it works.</summary>
    public Exception? Broken => Volatile.Read(ref _broken);

    /// <summary>The highest generation that may have been given out.</summary>
    public long GenerationUpTo => Locked(s => s.GenerationUpTo);

    /// <summary>Opens or makes the host's journal, and holds it against a second agent.</summary>
    public static JobJournal Open(string directory, HostId host, TimeProvider time, long compactAboveBytes = 32 * 1024 * 1024)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, $"{host}.journal");
        var fileLock = Hold(path);
        try
        {
            var (payloads, wholeBytes) = JournalFile.Read(path);
            var state = Replay(path, payloads);
            if (state.HostId is { } owner && owner != host)
            {
                throw new JournalDamagedException(path, $"it is the journal of host {owner}, not {host}. Give each host a journal of its own.");
            }

            var file = wholeBytes > 0 || File.Exists(path) ? JournalFile.OpenAfter(path, wholeBytes) : null;
            file?.Dispose();
            (state, file) = Rewrite(path, host, time, state);
            return new JobJournal(path, host, time, compactAboveBytes, fileLock, state, file);
        }
        catch
        {
            fileLock.Dispose();
            throw;
        }
    }

    public JournaledJob? Find(JobKey key) => Locked(s => s.Jobs.GetValueOrDefault(key));

    public long EpochOf(VmId vm) => Locked(s => s.Epochs.GetValueOrDefault(vm));

    /// <summary>Jobs without an end, in the order they were taken.</summary>
    public IReadOnlyList<JournaledJob> Unfinished() => Locked(s => s.Jobs.Values.Where(j => j.Ended is null).OrderBy(j => j.Received.At).ToList());

    /// <summary>Jobs whose answer the broker has not confirmed, in the order they ended.</summary>
    public IReadOnlyList<JournaledJob> Unpublished() => Locked(s => s.Jobs.Values.Where(j => j is { Ended: not null, Published: false }).OrderBy(j => j.Ended!.At).ToList());

    /// <summary>Returns when the records are on disk. Throws <see cref="IOException"/> if the disk refused; then nothing of them counts.</summary>
    public Task AppendAsync(params JournalRecord[] records)
    {
        var pending = new Pending(records, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (Broken is { } broken)
        {
            return Task.FromException(broken);
        }

        if (!_queue.Writer.TryWrite(pending))
        {
            return Task.FromException(new ObjectDisposedException(nameof(JobJournal)));
        }

        return pending.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing;
        _file.Dispose();
        await _lock.DisposeAsync();
    }

    async Task WriteAsync()
    {
        var batch = new List<Pending>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var pending))
            {
                batch.Add(pending);
            }

            WriteBatch(batch);
        }
    }

    void WriteBatch(List<Pending> batch)
    {
        try
        {
            if (_broken is { } broken)
            {
                throw broken;
            }

            var records = batch.SelectMany(p => p.Records).ToList();
            _file.Append(JsonSerializer.SerializeToUtf8Bytes(records, HvJson.Options));
            lock (_gate)
            {
                records.ForEach(_state.Apply);
            }
        }
        catch (Exception e)
        {
            Break(e);
            batch.ForEach(p => p.Done.TrySetException(_broken!));
            return;
        }

        batch.ForEach(p => p.Done.TrySetResult());
        if (_file.Length > _compactAboveBytes)
        {
            try
            {
                Compact();
            }
            catch (Exception e)
            {
                Break(e);
            }
        }
    }

    void Compact()
    {
        _file.Dispose();
        var (state, file) = Rewrite(_path, _host, _time, _state);
        lock (_gate)
        {
            (_state, _file) = (state, file);
        }

        // Live jobs alone may exceed the limit: then compacting at every write would help nobody.
        _compactAboveBytes = Math.Max(_compactAboveBytes, 2 * _file.Length);
    }

    void Break(Exception e) =>
        Volatile.Write(ref _broken, e as IOException ?? new IOException($"The agent's journal {_path} cannot be written: {e.Message}", e));

    static (JournalState State, JournalFile File) Rewrite(string path, HostId host, TimeProvider time, JournalState state)
    {
        var now = time.GetUtcNow();
        var records = state.Compact(host, now, now - s_keepResults, KeepMost).ToList();
        var next = new JournalState();
        records.ForEach(next.Apply);
        var fresh = path + ".new";
        File.Delete(fresh);
        using (var file = JournalFile.OpenAfter(fresh, 0))
        {
            foreach (var chunk in records.Chunk(MaxBatch))
            {
                file.Append(JsonSerializer.SerializeToUtf8Bytes(chunk.ToList(), HvJson.Options));
            }
        }

        File.Move(fresh, path, overwrite: true);
        JournalFile.SyncDirectory(Path.GetDirectoryName(path)!);
        return (next, JournalFile.OpenAfter(path, new FileInfo(path).Length));
    }

    static JournalState Replay(string path, List<ReadOnlyMemory<byte>> payloads)
    {
        var state = new JournalState();
        foreach (var payload in payloads)
        {
            try
            {
                var records = JsonSerializer.Deserialize<List<JournalRecord>>(payload.Span, HvJson.Options)!;
                if (records.OfType<JournalOpened>().FirstOrDefault(o => o.Format > Format) is { } newer)
                {
                    throw new JournalDamagedException(path, $"it has format {newer.Format}, this version reads up to {Format}. Start the agent's version that wrote it.");
                }

                records.ForEach(state.Apply);
            }
            catch (JsonException e)
            {
                throw new JournalDamagedException(path, $"it was written by another version ({e.Message}) Start the agent's version that wrote it, or move the file away.");
            }
        }

        return state;
    }

    static FileStream Hold(string path)
    {
        try
        {
            return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path + ".lock"))
        {
            throw new JournalDamagedException(path, $"another agent is using it ({e.Message}). Stop that one, or give this one another --journal directory.");
        }
    }

    T Locked<T>(Func<JournalState, T> read)
    {
        lock (_gate)
        {
            return read(_state);
        }
    }

    sealed record Pending(JournalRecord[] Records, TaskCompletionSource Done);
}
