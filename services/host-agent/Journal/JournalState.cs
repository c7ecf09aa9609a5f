using HvPlatform.Contracts;

namespace HvPlatform.HostAgent.Journal;

/// <summary>What the journal's records add up to. Not thread-safe.</summary>
sealed class JournalState
{
    const int KeepMostClosed = 20_000;
    static readonly TimeSpan s_keepClosed = TimeSpan.FromDays(30);

    public Dictionary<JobKey, JournaledJob> Jobs { get; } = [];

    public Dictionary<VmId, long> Epochs { get; } = [];

    /// <summary>Operations that begin nothing more here, and since when.</summary>
    public Dictionary<OperationId, DateTimeOffset> Closed { get; } = [];

    public long GenerationUpTo { get; private set; }

    public HostId? HostId { get; private set; }

    public void Apply(JournalRecord record)
    {
        switch (record)
        {
            case JournalOpened r:
                HostId = r.HostId;
                break;
            case GenerationReserved r:
                GenerationUpTo = Math.Max(GenerationUpTo, r.UpTo);
                break;
            case EpochSeen r:
                Raise(r.VmId, r.Epoch);
                break;
            case JobReceived r:
                Jobs.TryAdd(r.Key, new JournaledJob(r));
                Raise(r.VmId, r.Epoch);
                if (r.ClosesOperation)
                {
                    Closed.TryAdd(r.Key.OperationId, r.At);
                }

                break;
            case OperationClosed r:
                Closed.TryAdd(r.OperationId, r.At);
                break;
            case JobStarted r when Jobs.TryGetValue(r.Key, out var job):
                Jobs[r.Key] = job with { Started = true };
                break;
            case JobEnded r when Jobs.TryGetValue(r.Key, out var job):
                Jobs[r.Key] = job with { Ended = r, Published = job.Published || r.Result is null };
                break;
            case JobPublished r when Jobs.TryGetValue(r.Key, out var job):
                Jobs[r.Key] = job with { Published = true };
                break;
        }
    }

    /// <summary>The fewest records that add up to the same, without published jobs that ended before <paramref name="forgetBefore"/>.</summary>
    public IEnumerable<JournalRecord> Compact(HostId host, DateTimeOffset now, DateTimeOffset forgetBefore, int keepMost)
    {
        yield return new JournalOpened(JobJournal.Format, host, now);
        yield return new GenerationReserved(GenerationUpTo);
        foreach (var (vm, epoch) in Epochs)
        {
            yield return new EpochSeen(vm, epoch);
        }

        foreach (var (operation, at) in Closed.Where(c => c.Value >= now - s_keepClosed).OrderByDescending(c => c.Value).Take(KeepMostClosed))
        {
            yield return new OperationClosed(operation, at);
        }

        var done = Jobs.Values.Where(j => j.Published).OrderByDescending(j => j.Ended!.At).Take(keepMost).Where(j => j.Ended!.At >= forgetBefore);
        foreach (var job in Jobs.Values.Where(j => !j.Published).Concat(done).OrderBy(j => j.Received.At))
        {
            yield return job.Received;
            if (job.Started)
            {
                yield return new JobStarted(job.Received.Key);
            }

            if (job.Ended is { } ended)
            {
                yield return ended;
            }

            if (job.Published && job.Ended?.Result is not null)
            {
                yield return new JobPublished(job.Received.Key);
            }
        }
    }

    void Raise(VmId vm, long epoch)
    {
        if (epoch > Epochs.GetValueOrDefault(vm))
        {
            Epochs[vm] = epoch;
        }
    }
}

/// <summary>A job as the journal knows it.</summary>
sealed record JournaledJob(JobReceived Received)
{
    public bool Started { get; init; }

    public JobEnded? Ended { get; init; }

    public bool Published { get; init; }
}
