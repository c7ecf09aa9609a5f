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

            await _workers.EnterAsync(_stopTaking.Token);
            try
            {
                await ExecuteAsync(job, received, command, recover);
            }
            finally
            {
                _workers.Leave();
            }
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

    async Task ExecuteAsync(HostJob job, JobReceived received, IHostCommand command, bool recover)
    {
        _stopTaking.Token.ThrowIfCancellationRequested();
        using var activity = HvTelemetry.Source.StartActivity($"host-agent {job.Name}", ActivityKind.Internal, received.TraceParent);
        activity?.SetTag("hv.operation", command.OperationId.ToString()).SetTag("hv.step", command.Step).SetTag("hv.host", context.Host.Id.ToString())
            .SetTag("hv.vm", command.VmId.ToString()).SetTag("hv.recovered", recover);
        if (job.Journaled && !recover)
        {
            await context.Journal.AppendAsync(new JobStarted(received.Key));
        }

        var answer = await AnswerAsync(job, received, command, recover);
        if (!job.Journaled)
        {
            await results.PublishNowAsync(answer!, command.VmId, _abandon.Token);
            return;
        }

        await context.Journal.AppendAsync(HostJobs.Ended(received.Key, context.Now, answer, context.NewId()));
        Log.JobEnded(logger, context.Host.Name, job.Name, received.Key, answer?.GetType().Name ?? "no answer of its own");
        results.Enqueue(received.Key);
    }

    async Task<object?> AnswerAsync(HostJob job, JobReceived received, IHostCommand command, bool recover)
    {
        var abandon = job.Lane == JobLane.Transfer ? _abandonTransfers.Token : _abandon.Token;
        using var timeout = new CancellationTokenSource(job.Lane == JobLane.Transfer ? Timeout.InfiniteTimeSpan : timings.JobTimeout, context.Time);

        // A native call that has begun cannot be cancelled: it is the waiting that ends.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, abandon);
        while (true)
        {
            try
            {
                if (!recover && await FenceAsync(job, command, timeout.Token).WaitAsync(timings.JobTimeout, context.Time, over.Token) is { } stale)
                {
                    return job.Fail(context, command, stale);
                }

                var work = recover ? job.RecoverAsync(context, received, command, timeout.Token) : job.RunAsync(context, received, command, timeout.Token);
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
                return job.Fail(context, command, e.Error with { Where = e.Error.Where ?? context.Host.Name });
            }
            catch (Exception e) when (e is OperationCanceledException or TimeoutException)
            {
                return job.Fail(context, command, context.Error(
                    ErrorKind.Timeout,
                    "job-timeout",
                    $"The hypervisor of {context.Host.Name} did not answer {job.Name} within {timings.JobTimeout.TotalSeconds} s; whether it took effect is not known.",
                    "Look at the VM before you repeat the command."));
            }
            catch (Exception e)
            {
                Log.JobDefect(logger, e, context.Host.Name, job.Name, received.Key);
                return job.Fail(context, command, context.Error(ErrorKind.Fatal, "agent-defect", $"{job.Name} failed in the agent: {e.GetType().Name}: {e.Message}", "Report this with the agent's log."));
            }
        }
    }

    /// <summary>
    /// The epoch stored beside the VM moves with it, so it fences even on a host that has never heard of the VM. It is raised before the work; where it
    /// cannot be (a VM whose native lock is held, say, and that is to be forced off), the journal's epoch has to do.
    /// </summary>
    async Task<ErrorInfo?> FenceAsync(HostJob job, IHostCommand command, CancellationToken cancellationToken)
    {
        if (context.Driver.Epochs is not { } epochs || !job.Journaled || job.Lane == JobLane.Immediate
            || await context.Driver.GetAsync(command.VmId, cancellationToken) is not { } vm || vm.Epoch == command.Epoch)
        {
            return null;
        }

        if (vm.Epoch > command.Epoch)
        {
            return StaleEpoch(context, command, vm.Epoch);
        }

        try
        {
            await epochs.SetEpochAsync(command.VmId, command.Epoch, cancellationToken);
        }
        catch (HypervisorException e)
        {
            Log.EpochNotStored(logger, context.Host.Name, command.VmId, command.Epoch, e.Error.Code, e.Message);
        }

        return null;
    }

    internal static ErrorInfo StaleEpoch(HostJobContext context, IHostCommand command, long highest) => context.Error(
        ErrorKind.Conflict,
        "stale-epoch",
        $"The command has epoch {command.Epoch}; {context.Host.Name} has seen {highest} for this VM, so a newer operation owns it.",
        "Read the VM's newest operation; this one is over.");
}
