using System.Diagnostics;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Hosts;
using HvPlatform.HostAgent.Hosts;
using HvPlatform.HostAgent.Journal;
using HvPlatform.HostAgent.Waiting;
using HvPlatform.Hypervisors;
using HvPlatform.ServiceKit.Telemetry;

namespace HvPlatform.HostAgent.Jobs;

/// <summary>
/// Runs the jobs of one host: a few at a time, those of one VM one after another, transfers beside them. The start and the end of each are journaled before and after the
/// driver is called, so that a crash is seen in the journal as what it was.
/// </summary>
sealed class JobRunner(HostJobContext context, ResultPublisher results, AgentTimings timings, ILogger logger)
{
    /// <summary>Most jobs that wait or run, transfers included; more are refused.</summary>
    public const int MostWaiting = 1000;

    static readonly TimeSpan s_reachRetry = TimeSpan.FromSeconds(1);

    readonly Lock _gate = new();
    readonly Dictionary<VmId, Task> _lastOfVm = [];
    readonly Dictionary<long, (JobLane Lane, Task Task)> _running = [];
    readonly AsyncGate _workers = new(timings.Workers);
    readonly CancellationTokenSource _stopTaking = new();
    readonly CancellationTokenSource _abandon = new();
    readonly CancellationTokenSource _abandonTransfers = new();
    long _enqueued;

    public bool IsFull
    {
        get
        {
            lock (_gate)
            {
                return _running.Count >= MostWaiting;
            }
        }
    }

    /// <summary>Goes on with what the journal holds from before a restart.</summary>
    public void Resume()
    {
        foreach (var journaled in context.Journal.Unfinished())
        {
            var received = journaled.Received;
            if (HostJobs.Find(received.Command) is not { } job)
            {
                Log.UnknownJob(logger, context.Host.Name, received.Command, received.Key);
                continue;
            }

            var command = job.Read(received);
            Log.JobResumed(logger, context.Host.Name, job.Name, received.Key, journaled.Started);
            job.Taken(context, command);
            Enqueue(job, received, command, journaled.Started);
        }
    }

    public void Enqueue(HostJob job, JobReceived received, IHostCommand command, bool recover)
    {
        lock (_gate)
        {
            var id = ++_enqueued;
            var before = job.Lane == JobLane.Vm ? _lastOfVm.GetValueOrDefault(command.VmId, Task.CompletedTask) : Task.CompletedTask;
            var task = RunAsync(id, before, job, received, command, recover);
            _running[id] = (job.Lane, task);
            if (job.Lane == JobLane.Vm)
            {
                _lastOfVm[command.VmId] = task;
            }
        }
    }

    /// <summary>
    /// Nothing new begins; jobs that run get a bounded time to end; transfers are left to the hypervisor at once. What did not end is in the journal
    /// as begun, and the next agent finds out what became of it. Returns how many transfers were left running.
    /// </summary>
    public async Task<int> StopAsync(TimeSpan patience)
    {
        _stopTaking.Cancel();
        var transfers = Running(JobLane.Transfer);
        _abandonTransfers.Cancel();
        var rest = Task.WhenAll(Running(JobLane.Vm).Concat(Running(JobLane.Immediate)));
        await rest.WaitAsync(patience, context.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _abandon.Cancel();
        await Task.WhenAll(transfers.Append(rest)).WaitAsync(patience, context.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return transfers.Count;
    }

    List<Task> Running(JobLane lane)
    {
        lock (_gate)
        {
            return [.. _running.Values.Where(r => r.Lane == lane).Select(r => r.Task)];
        }
    }

    async Task RunAsync(long id, Task before, HostJob job, JobReceived received, IHostCommand command, bool recover)
    {
        // Never within the caller: it holds the gate.
        await Task.Yield();
        try
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (job.Lane != JobLane.Vm)
            {
                await ExecuteAsync(job, received, command, recover);
                return;
            }

            Task native;
            await _workers.EnterAsync(_stopTaking.Token);
            try
            {
                native = await ExecuteAsync(job, received, command, recover);
            }
            finally
            {
                _workers.Leave();
            }

            await HoldLaneAsync(job, received, command, native);
        }
        catch (OperationCanceledException) when (_stopTaking.IsCancellationRequested)
        {
            Log.JobLeft(logger, context.Host.Name, job.Name, received.Key);
        }
        catch (Exception e)
        {
            Log.JobNotRecorded(logger, e, context.Host.Name, job.Name, received.Key);
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(id);
                if (_lastOfVm.TryGetValue(command.VmId, out var last) && (last.IsCompleted || _running.Values.All(r => r.Task != last)))
                {
                    _lastOfVm.Remove(command.VmId);
                }
            }
        }
    }

    /// <summary>Returns the native call, which has not ended if the job timed out.</summary>
    async Task<Task> ExecuteAsync(HostJob job, JobReceived received, IHostCommand command, bool recover)
    {
        _stopTaking.Token.ThrowIfCancellationRequested();
        using var activity = HvTelemetry.Source.StartActivity($"host-agent {job.Name}", ActivityKind.Internal, received.TraceParent);
        activity?.SetTag("hv.operation", command.OperationId.ToString()).SetTag("hv.step", command.Step).SetTag("hv.host", context.Host.Id.ToString())
            .SetTag("hv.vm", command.VmId.ToString()).SetTag("hv.recovered", recover);
        if (job.Journaled && !recover)
        {
            await context.Journal.AppendAsync(new JobStarted(received.Key));
        }

        var outcome = await AnswerAsync(job, received, command, recover);
        if (!job.Journaled)
        {
            await results.PublishNowAsync(outcome.Answer!, command.VmId, _abandon.Token);
            return outcome.Native;
        }

        var ended = HostJobs.Ended(received.Key, context.Now, outcome.Answer, context.NewId());
        await context.Journal.AppendAsync(outcome.Refused is { } refused ? ended with { Refused = refused, RefusedMessageId = context.NewId() } : ended);
        Log.JobEnded(logger, context.Host.Name, job.Name, received.Key, outcome.Answer?.GetType().Name ?? "no answer of its own");
        results.Enqueue(received.Key);
        return outcome.Native;
    }

    async Task<Outcome> AnswerAsync(HostJob job, JobReceived received, IHostCommand command, bool recover)
    {
        var abandon = job.Lane == JobLane.Transfer ? _abandonTransfers.Token : _abandon.Token;
        var patience = job.Patience is { } own && own > timings.JobTimeout ? own : timings.JobTimeout;
        using var timeout = new CancellationTokenSource(job.Lane == JobLane.Transfer ? Timeout.InfiniteTimeSpan : patience, context.Time);

        // A native call that has begun cannot be cancelled: it is the waiting that ends.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, abandon);
        while (true)
        {
            var work = WorkAsync(job, received, command, recover, timeout.Token);
            try
            {
                return await work.WaitAsync(over.Token);
            }
            catch (OperationCanceledException) when (abandon.IsCancellationRequested)
            {
                throw;
            }
            catch (HypervisorException e) when (recover && e.Kind == ErrorKind.Transient && !timeout.IsCancellationRequested)
            {
                // What became of it can only be told by a host that answers.
                await Task.Delay(s_reachRetry, context.Time, abandon);
            }
            catch (HypervisorException e)
            {
                return new Outcome(job.Fail(context, command, e.Error with { Where = e.Error.Where ?? context.Host.Name }), null, work);
            }
            catch (Exception e) when (e is OperationCanceledException or TimeoutException)
            {
                var error = context.Error(
                    ErrorKind.Timeout,
                    "job-timeout",
                    $"The hypervisor of {context.Host.Name} did not answer {job.Name} within {patience.TotalSeconds} s; whether it took effect is not known.",
                    "Look at the VM before you repeat the command.");
                return new Outcome(job.Fail(context, command, error), null, work);
            }
            catch (Exception e)
            {
                Log.JobDefect(logger, e, context.Host.Name, job.Name, received.Key);
                var error = context.Error(ErrorKind.Fatal, "agent-defect", $"{job.Name} failed in the agent: {e.GetType().Name}: {e.Message}", "Report this with the agent's log.");
                return new Outcome(job.Fail(context, command, error), null, work);
            }
        }
    }

    async Task<Outcome> WorkAsync(HostJob job, JobReceived received, IHostCommand command, bool recover, CancellationToken cancellationToken)
    {
        // A transfer that was begun is only looked at and attached to, whoever owns the VM by now.
        var refusal = job.Lane switch
        {
            JobLane.Transfer when recover => null,
            JobLane.Transfer => await FenceAsync(job, command, cancellationToken).WaitAsync(timings.JobTimeout, context.Time, cancellationToken),
            _ => await FenceAsync(job, command, cancellationToken),
        };
        if (refusal is null && job.Begins(command) && !(recover && job.Lane == JobLane.Transfer) && context.Journal.IsClosed(command.OperationId))
        {
            // Also after a restart: what ended the operation may have been taken, and have run, before this began.
            refusal = context.OperationClosed(command);
        }

        if (refusal is not null)
        {
            Log.CommandRefused(logger, context.Host.Name, job.Name, received.Key, refusal.Error.Code, refusal.Error.Message);
            return new Outcome(job.Fail(context, command, refusal.Error), refusal.Said, Task.CompletedTask);
        }

        var answer = recover ? await job.RecoverAsync(context, received, command, cancellationToken) : await job.RunAsync(context, received, command, cancellationToken);
        return new Outcome(answer, null, Task.CompletedTask);
    }

    /// <summary>After a time-out the answer is out, but the hypervisor may still be at it: the VM's next job waits, or two native calls would be at the VM at once.</summary>
    async Task HoldLaneAsync(HostJob job, JobReceived received, IHostCommand command, Task native)
    {
        if (native.IsCompleted)
        {
            return;
        }

        Log.LaneHeld(logger, context.Host.Name, job.Name, received.Key, command.VmId, timings.LaneHold);
        var since = context.Time.GetTimestamp();
        await native.WaitAsync(timings.LaneHold, context.Time, _stopTaking.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (native.IsCompleted)
        {
            Log.LaneFree(logger, context.Host.Name, job.Name, received.Key, command.VmId, context.Time.GetElapsedTime(since));
        }
        else if (!_stopTaking.IsCancellationRequested)
        {
            Log.LaneGivenUp(logger, context.Host.Name, job.Name, received.Key, command.VmId, timings.LaneHold);
        }
    }

    /// <summary>
    /// A newer operation, taken here or seen beside the VM, ends this one. The epoch stored beside the VM moves with it, so it fences even on a host that has never
    /// heard of the VM. It is raised before the work; where it cannot be (a VM whose native lock is held, say, and that is to be forced off), the journal's
    /// epoch has to do.
    /// </summary>
    async Task<Refusal?> FenceAsync(HostJob job, IHostCommand command, CancellationToken cancellationToken)
    {
        if (!job.Journaled || job.Lane == JobLane.Immediate)
        {
            return null;
        }

        var vm = context.Driver.Epochs is null ? null : await context.Driver.GetAsync(command.VmId, cancellationToken);
        var highest = Math.Max(context.Journal.EpochOf(command.VmId), vm?.Epoch ?? 0);
        if (highest > command.Epoch)
        {
            return context.StaleEpoch(command, highest);
        }

        if (vm is null || vm.Epoch == command.Epoch)
        {
            return null;
        }

        try
        {
            await context.Driver.Epochs!.SetEpochAsync(command.VmId, command.Epoch, cancellationToken);
        }
        catch (HypervisorException e)
        {
            Log.EpochNotStored(logger, context.Host.Name, command.VmId, command.Epoch, e.Error.Code, e.Message);
        }

        return null;
    }

    /// <summary>What came of a job; <paramref name="Native"/> has not ended if only the waiting for it has.</summary>
    sealed record Outcome(object? Answer, HostCommandRefused? Refused, Task Native);
}
