using System.Text.Json;
using System.Threading.Channels;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;

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
    readonly IJournalDisk _disk;
    readonly HostId _host;
    readonly TimeProvider _time;
    readonly Task _writing;
    JournalState _state;
    long _compactAboveBytes;
    Exception? _broken;

    JobJournal(IJournalDisk disk, HostId host, TimeProvider time, long compactAboveBytes, JournalState state)
    {
        (_disk, _host, _time, _compactAboveBytes, _state) = (disk, host, time, compactAboveBytes, state);
        _writing = WriteAsync();
    }

    /// <summary>Why the journal takes nothing any more; null while it works.</summary>
    public Exception? Broken => Volatile.Read(ref _broken);

    /// <summary>The highest generation that may have been given out.</summary>
    public long GenerationUpTo => Locked(s => s.GenerationUpTo);

    /// <summary>Opens or makes the host's journal in a directory, and holds it against a second agent.</summary>
    public static JobJournal Open(string directory, HostId host, TimeProvider time, long compactAboveBytes = 32 * 1024 * 1024) =>
        Open(FileJournalDisk.Open(directory, host), host, time, compactAboveBytes);

    /// <summary>Opens the journal on a disk that is held already; the journal lets go of it.</summary>
    public static JobJournal Open(IJournalDisk disk, HostId host, TimeProvider time, long compactAboveBytes = 32 * 1024 * 1024)
    {
        try
        {
            var state = Replay(disk.Name, disk.Read());
            if (state.HostId is { } owner && owner != host)
            {
                throw new JournalDamagedException(disk.Name, $"it is the journal of host {owner}, not {host}. Give each host a journal of its own.");
            }

            return new JobJournal(disk, host, time, compactAboveBytes, Rewrite(disk, host, time, state));
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    public JournaledJob? Find(JobKey key) => Locked(s => s.Jobs.GetValueOrDefault(key));

    /// <summary>Whether the operation begins nothing more on this host.</summary>
    public bool IsClosed(OperationId operation) => Locked(s => s.Closed.ContainsKey(operation));

    /// <summary>Whether a command of this type was taken for the operation.</summary>
    public bool HasTaken(OperationId operation, string command) =>
        Locked(s => s.Jobs.Values.Any(j => j.Received.Key.OperationId == operation && j.Received.Command == command));

    /// <summary>Whether a migration of the VM to or from this host runs, or ended after the given time.</summary>
    public bool HasMoved(VmId vm, DateTimeOffset since) => Locked(s => s.Jobs.Values.Any(j =>
        j.Received.VmId == vm
        && j.Received.Command is nameof(TransferVm) or nameof(PrepareMigrationDestination) or nameof(ConfirmMigrationOnSource)
        && (j.Ended is null || j.Ended.At > since)));

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
        _disk.Dispose();
    }

    async Task WriteAsync()
    {
        await Task.Yield();
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
            _disk.Append(JsonSerializer.SerializeToUtf8Bytes(records, HvJson.Options));
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
        if (_disk.Length > _compactAboveBytes)
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
        var state = Rewrite(_disk, _host, _time, _state);
        lock (_gate)
        {
            _state = state;
        }

        // Live jobs alone may exceed the limit: then compacting at every write would help nobody.
        _compactAboveBytes = Math.Max(_compactAboveBytes, 2 * _disk.Length);
    }

    void Break(Exception e) =>
        Volatile.Write(ref _broken, e as IOException ?? new IOException($"The agent's journal {_disk.Name} cannot be written: {e.Message}", e));

    static JournalState Rewrite(IJournalDisk disk, HostId host, TimeProvider time, JournalState state)
    {
        var now = time.GetUtcNow();
        var records = state.Compact(host, now, now - s_keepResults, KeepMost).ToList();
        var next = new JournalState();
        records.ForEach(next.Apply);
        disk.Replace(records.Chunk(MaxBatch).Select(chunk => JsonSerializer.SerializeToUtf8Bytes(chunk.ToList(), HvJson.Options)));
        return next;
    }

    static JournalState Replay(string path, IReadOnlyList<ReadOnlyMemory<byte>> payloads)
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

    T Locked<T>(Func<JournalState, T> read)
    {
        lock (_gate)
        {
            return read(_state);
        }
    }

    sealed record Pending(JournalRecord[] Records, TaskCompletionSource Done);
}
