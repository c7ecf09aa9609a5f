using System.Diagnostics;
using System.Threading.Channels;
using HvPlatform.Contracts;
using HvPlatform.HostAgent.Hosts;
using HvPlatform.HostAgent.Journal;
using HvPlatform.ServiceKit.Telemetry;

namespace HvPlatform.HostAgent.Jobs;

/// <summary>Publishes journaled answers in order until the broker has confirmed each, then notes that in the journal. A broker that is away costs time, not answers.</summary>
sealed class ResultPublisher(string host, JobJournal journal, IAgentBus bus, Func<Guid> newId, TimeProvider time, ILogger logger)
{
    static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);
    static readonly TimeSpan s_confirmPatience = TimeSpan.FromSeconds(15);

    readonly Channel<(JobKey Key, bool Again)> _queue = Channel.CreateUnbounded<(JobKey, bool)>();
    readonly CancellationTokenSource _stop = new();
    Task _publishing = Task.CompletedTask;

    public void Start()
    {
        foreach (var job in journal.Unpublished())
        {
            Enqueue(job.Received.Key);
        }

        _publishing = PublishAsync();
    }

    public void Enqueue(JobKey key) => _queue.Writer.TryWrite((key, false));

    /// <summary>A repeated command gets the recorded answer again, as a message of its own: the first may have been used up.</summary>
    public void EnqueueAgain(JobKey key) => _queue.Writer.TryWrite((key, true));

    /// <summary>Publishes an answer that is not journaled.</summary>
    public Task PublishNowAsync(object answer, VmId vm, CancellationToken cancellationToken) => bus.PublishAsync(answer, vm.Value, newId(), cancellationToken);

    /// <summary>Publishes what is left, for a bounded time; the rest stays in the journal.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        _queue.Writer.TryComplete();
        await _publishing.WaitAsync(patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _stop.Cancel();
        await _publishing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    async Task PublishAsync()
    {
        await Task.Yield();
        while (await _queue.Reader.WaitToReadAsync(_stop.Token))
        {
            while (_queue.Reader.TryRead(out var next))
            {
                if (journal.Find(next.Key) is not { Ended: { Result: { } result } ended } job || (job.Published && !next.Again))
                {
                    continue;
                }

                if (!HostJobs.IsAnswer(result))
                {
                    Log.UnknownAnswer(logger, host, result, next.Key);
                    continue;
                }

                await PublishAsync(job, ended, next.Again);
            }
        }
    }

    async Task PublishAsync(JournaledJob job, JobEnded ended, bool again)
    {
        using var activity = HvTelemetry.Source.StartActivity($"host-agent publish {ended.Result}", ActivityKind.Producer, job.Received.TraceParent);
        var messageId = again ? newId() : ended.MessageId;
        while (true)
        {
            using var timeout = new CancellationTokenSource(s_confirmPatience, time);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, timeout.Token);
            try
            {
                if (ended.Refused is { } refused && !again)
                {
                    await bus.PublishAsync(refused, job.Received.VmId.Value, ended.RefusedMessageId, patience.Token);
                }

                await bus.PublishAsync(HostJobs.Answer(ended), job.Received.VmId.Value, messageId, patience.Token);
                break;
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                Log.AnswerNotPublished(logger, e, host, ended.Result!, job.Received.Key);
                await Task.Delay(s_retry, time, _stop.Token);
            }
        }

        if (!job.Published)
        {
            await NoteAsync(job.Received.Key);
        }
    }

    /// <summary>If this cannot be noted the next agent publishes the answer once more, as the same message; this one does not.</summary>
    async Task NoteAsync(JobKey key)
    {
        try
        {
            await journal.AppendAsync(new JobPublished(key));
        }
        catch (Exception e)
        {
            Log.JobNotRecorded(logger, e, host, nameof(JobPublished), key);
        }
    }
}
