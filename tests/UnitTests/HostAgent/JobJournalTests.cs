using System.Text.Json;
using HvPlatform.Contracts;
using HvPlatform.HostAgent.Journal;
using HvPlatform.TestKit;
using Xunit;

namespace HvPlatform.UnitTests.HostAgent;

public sealed class JobJournalTests : IDisposable
{
    static readonly HostId s_host = HostId.From(Guid.Parse("4c4c4544-0000-1010-8001-000000000001"));

    readonly string _directory = TemporaryDirectory.Create("hv-journal-");

    string File => Path.Combine(_directory, $"{s_host}.journal");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task What_was_appended_is_there_after_reopening()
    {
        var running = Received("start", epoch: 3);
        var ended = Received("stop", epoch: 4);
        await using (var journal = Open())
        {
            await journal.AppendAsync(running);
            await journal.AppendAsync(new JobStarted(running.Key));
            await journal.AppendAsync(ended, new JobStarted(ended.Key), Ended(ended.Key));
            await journal.AppendAsync(new GenerationReserved(500));
        }

        await using var again = Open();
        Assert.Equal(running.Key, Assert.Single(again.Unfinished()).Received.Key);
        Assert.True(again.Find(running.Key)!.Started);
        Assert.Equal(ended.Key, Assert.Single(again.Unpublished()).Received.Key);
        Assert.Equal("VmCommandCompleted", again.Find(ended.Key)!.Ended!.Result);
        Assert.Equal(3, again.EpochOf(running.VmId));
        Assert.Equal(500, again.GenerationUpTo);
        Assert.Null(again.Find(running.Key with { Step = "another" }));
    }

    [Fact]
    public async Task Cut_at_every_byte_of_its_tail_it_opens_with_exactly_the_frames_before_the_cut()
    {
        var jobs = Enumerable.Range(0, 3).Select(i => Received($"step-{i}", epoch: i + 1)).ToList();
        var ends = new List<long>();
        await using (var journal = Open())
        {
            ends.Add(new FileInfo(File).Length);
            foreach (var job in jobs)
            {
                await journal.AppendAsync(job);
                ends.Add(new FileInfo(File).Length);
            }
        }

        var whole = await System.IO.File.ReadAllBytesAsync(File);
        Assert.Equal(ends[^1], whole.Length);
        for (var cut = (int)ends[^2] - 1; cut <= whole.Length; cut++)
        {
            await System.IO.File.WriteAllBytesAsync(File, whole[..cut]);
            var expected = ends.Count(e => e <= cut) - 1;
            await using (var journal = Open())
            {
                Assert.Equal(jobs.Take(expected).Select(j => j.Key), journal.Unfinished().Select(j => j.Received.Key));
                await journal.AppendAsync(Received("after-the-crash", epoch: 9));
            }

            var (payloads, wholeBytes) = JournalFile.Read(File);
            Assert.Equal(new FileInfo(File).Length, wholeBytes);
            Assert.Equal(2, payloads.Count);
        }
    }

    [Fact]
    public async Task Last_frame_half_written_with_garbage_is_cut_off()
    {
        var first = Received("first", epoch: 1);
        long before;
        await using (var journal = Open())
        {
            await journal.AppendAsync(first);
            before = new FileInfo(File).Length;
            await journal.AppendAsync(Received("second", epoch: 2));
        }

        // The length of the file reached the disk, the last blocks did not.
        var bytes = await System.IO.File.ReadAllBytesAsync(File);
        bytes.AsSpan((int)before + 20).Clear();
        await System.IO.File.WriteAllBytesAsync(File, bytes);
        await using var again = Open();
        Assert.Equal(first.Key, Assert.Single(again.Unfinished()).Received.Key);
    }

    [Fact]
    public async Task Damage_before_the_last_frame_is_an_error_that_names_file_and_place_whichever_byte_it_is()
    {
        long start;
        long end;
        await using (var journal = Open())
        {
            start = new FileInfo(File).Length;
            await journal.AppendAsync(Received("first", epoch: 1));
            end = new FileInfo(File).Length;
            await journal.AppendAsync(Received("second", epoch: 2));
        }

        var whole = await System.IO.File.ReadAllBytesAsync(File);
        for (var at = start; at < end; at++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= 0x10;
            await System.IO.File.WriteAllBytesAsync(File, damaged);
            var error = Assert.Throws<JournalDamagedException>(() => Open());
            Assert.Contains(File, error.Message, StringComparison.Ordinal);
            Assert.Contains($"at byte {start} ", error.Message, StringComparison.Ordinal);
            Assert.Equal(damaged, await System.IO.File.ReadAllBytesAsync(File));
        }
    }

    [Fact]
    public async Task Crash_while_compacting_leaves_the_old_file_in_force()
    {
        var job = Received("kept", epoch: 1);
        await using (var journal = Open())
        {
            await journal.AppendAsync(job);
        }

        await System.IO.File.WriteAllTextAsync(File + ".new", "half a file");
        await using var again = Open();
        Assert.Equal(job.Key, Assert.Single(again.Unfinished()).Received.Key);
        Assert.False(System.IO.File.Exists(File + ".new"));
    }

    [Fact]
    public async Task Compaction_forgets_old_published_answers_and_keeps_epochs_and_open_jobs()
    {
        var clock = new SettableClock();
        var old = Received("old", epoch: 7);
        var open = Received("open", epoch: 2);
        await using (var journal = JobJournal.Open(_directory, s_host, clock))
        {
            await journal.AppendAsync(old, Ended(old.Key, clock.GetUtcNow()), new JobPublished(old.Key), open);
        }

        await using (var sameDay = JobJournal.Open(_directory, s_host, clock))
        {
            Assert.NotNull(sameDay.Find(old.Key));
        }

        clock.Now += TimeSpan.FromHours(25);
        await using var journalLater = JobJournal.Open(_directory, s_host, clock);
        Assert.Null(journalLater.Find(old.Key));
        Assert.NotNull(journalLater.Find(open.Key));
        Assert.Equal(7, journalLater.EpochOf(old.VmId));
    }

    [Fact]
    public async Task Operation_that_was_closed_stays_closed_when_the_job_that_closed_it_is_forgotten_and_a_month_long()
    {
        var clock = new SettableClock();
        var closing = Received("abort", epoch: 7) with { ClosesOperation = true, At = clock.GetUtcNow() };
        var other = Received("start", epoch: 7);
        await using (var journal = JobJournal.Open(_directory, s_host, clock))
        {
            await journal.AppendAsync(closing, Ended(closing.Key, clock.GetUtcNow()), new JobPublished(closing.Key), other);
            Assert.True(journal.IsClosed(closing.Key.OperationId));
            Assert.False(journal.IsClosed(other.Key.OperationId));
        }

        clock.Now += TimeSpan.FromDays(29);
        await using (var later = JobJournal.Open(_directory, s_host, clock))
        {
            Assert.Null(later.Find(closing.Key));
            Assert.True(later.IsClosed(closing.Key.OperationId));
        }

        clock.Now += TimeSpan.FromDays(2);
        await using var muchLater = JobJournal.Open(_directory, s_host, clock);
        Assert.False(muchLater.IsClosed(closing.Key.OperationId));
    }

    [Fact]
    public async Task Grown_journal_is_compacted_while_it_is_in_use_and_loses_nothing()
    {
        const int Limit = 64 * 1024;
        var open = Received("open", epoch: 1);
        var clock = new SettableClock();
        await using (var journal = JobJournal.Open(_directory, s_host, clock, Limit))
        {
            await journal.AppendAsync(open);
            for (var i = 0; i < 400; i++)
            {
                clock.Now += TimeSpan.FromHours(1);
                var job = Received($"job-{i}", epoch: i);
                await journal.AppendAsync(job, Ended(job.Key, clock.GetUtcNow()), new JobPublished(job.Key));
            }

            Assert.Null(journal.Broken);
            Assert.InRange(new FileInfo(File).Length, 1, 2 * Limit);
            Assert.NotNull(journal.Find(open.Key));
        }

        await using var again = JobJournal.Open(_directory, s_host, clock);
        Assert.Equal(open.Key, Assert.Single(again.Unfinished()).Received.Key);
    }

    [Fact]
    public async Task Appends_from_many_callers_are_all_there()
    {
        var jobs = Enumerable.Range(0, 500).Select(i => Received($"step-{i}", epoch: 1)).ToList();
        await using (var journal = Open())
        {
            await Task.WhenAll(jobs.Select(j => Task.Run(() => journal.AppendAsync(j))));
        }

        await using var again = Open();
        Assert.Equal(jobs.Select(j => j.Key).ToHashSet(), again.Unfinished().Select(j => j.Received.Key).ToHashSet());
    }

    [Fact]
    public async Task Second_agent_on_the_same_journal_is_refused()
    {
        await using var journal = Open();
        var error = Assert.Throws<JournalDamagedException>(() => Open());
        Assert.Contains("another agent", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Frame_the_disk_refused_is_not_there_afterwards()
    {
        using (var file = new JournalFile(new UnflushableFile(File), 0))
        {
            Assert.Throws<IOException>(() => file.Append("refused"u8));
        }

        Assert.Empty(JournalFile.Read(File).Payloads);
    }

    [Fact]
    public void Journal_of_a_later_format_is_refused()
    {
        using (var file = JournalFile.OpenAfter(File, 0))
        {
            JournalRecord[] records = [new JournalOpened(JobJournal.Format + 1, s_host, TimeProvider.System.GetUtcNow())];
            file.Append(JsonSerializer.SerializeToUtf8Bytes(records, HvJson.Options));
        }

        Assert.Contains("format 2", Assert.Throws<JournalDamagedException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Journal_of_another_host_is_refused()
    {
        await using (Open())
        {
        }

        var other = HostId.From(Guid.NewGuid());
        System.IO.File.Move(File, Path.Combine(_directory, $"{other}.journal"));
        Assert.Contains(s_host.ToString(), Assert.Throws<JournalDamagedException>(() => JobJournal.Open(_directory, other, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    JobJournal Open() => JobJournal.Open(_directory, s_host, TimeProvider.System);

    static JobReceived Received(string step, long epoch) => new(
        new JobKey(OperationId.New(), step),
        VmId.From(Guid.NewGuid()),
        epoch,
        "StartVmOnHost",
        JsonSerializer.SerializeToElement(new { x = 1 }, HvJson.Options),
        TimeProvider.System.GetUtcNow(),
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

    static JobEnded Ended(JobKey key, DateTimeOffset? at = null) =>
        new(key, at ?? TimeProvider.System.GetUtcNow(), "VmCommandCompleted", JsonSerializer.SerializeToElement(new { ok = true }, HvJson.Options), Guid.NewGuid());

    sealed class UnflushableFile(string path) : FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0)
    {
        public override void Flush(bool flushToDisk)
        {
            if (flushToDisk)
            {
                throw new IOException("The disk does not answer.");
            }

            base.Flush(flushToDisk);
        }
    }

    sealed class SettableClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
