using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// Calls methods that answer 0 (done), 4096 (a job does it) or an error, and follows the job. The one place that knows these three. A job belongs to the host: it
/// outlives this process, and ends only by itself or by being cancelled there.
/// Theory: a job is asked for its state by polling, first soon and then more slowly; a host that is out of reach for a while does not end the following, since the job
/// goes on meanwhile. Ends are <c>Completed</c>, <c>CompletedWithWarnings</c> (both success), <c>Terminated</c>, <c>Killed</c> and <c>Exception</c>; a job that the host
/// no longer has (five minutes after its end, or after a restart of its management service) has an end that nobody knows.
/// </summary>
internal sealed class HyperVJobs(TimeProvider time, string where)
{
    private const uint Done = 0;
    private const uint Started = 4096;
    private const ushort Terminate = 4;
    private const ushort Kill = 5;
    private const int Created = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);

    /// <summary>Calls a method and, if it starts a job, follows that to its end. Throws <see cref="HypervisorException"/>.</summary>
    /// <param name="session">The host.</param>
    /// <param name="target">Whose method.</param>
    /// <param name="method">The method.</param>
    /// <param name="arguments">Its in parameters.</param>
    /// <param name="operation">A verb phrase for messages: <c>start VM web1</c>.</param>
    /// <param name="progress">Told of the percentage whenever it grew.</param>
    /// <param name="cancellationToken">Ends the following, not the job.</param>
    public Task<HyperVResult> RunAsync(ICimSession session, CimPath target, string method, CimInstance arguments, string operation, IProgress<int>? progress, CancellationToken cancellationToken) =>
        RunAsync(session, target, method, arguments, operation, new HyperVJobOptions { Progress = progress }, cancellationToken);

    /// <summary>As the shorter form, with a limit, cancellation of the job and more.</summary>
    public async Task<HyperVResult> RunAsync(ICimSession session, CimPath target, string method, CimInstance arguments, string operation, HyperVJobOptions options, CancellationToken cancellationToken)
    {
        var (result, job) = await StartAsync(session, target, method, arguments, operation, cancellationToken);
        return job is null ? new HyperVResult(result, null, []) : await FollowAsync(session, job, operation, options, cancellationToken) with { Out = result };
    }

    /// <summary>Calls a method without following the job it may start. The job is null if the method was done at once.</summary>
    public async Task<(CimInstance Out, CimPath? Job)> StartAsync(ICimSession session, CimPath target, string method, CimInstance arguments, string operation, CancellationToken cancellationToken)
    {
        CimInstance result;
        try
        {
            result = await session.InvokeAsync(target, method, arguments, cancellationToken);
        }
        catch (CimException error)
        {
            throw HyperVErrors.From(error, $"Cannot {operation}", where);
        }

        switch ((uint?)result.Number("ReturnValue"))
        {
            case Done:
                return (result, null);
            case Started:
                return (result, result.Reference("Job") ?? throw new HypervisorException(HyperVErrors.Info(
                    ErrorCategory.TypeConversion, $"Cannot {operation}: {target.ClassName}.{method} started a job without naming it.", where)));
            case null:
                throw new HypervisorException(HyperVErrors.Info(ErrorCategory.TypeConversion, $"Cannot {operation}: {target.ClassName}.{method} gave no return value.", where));
            case { } value:
                throw HyperVErrors.ReturnValue(target.ClassName, method, value, operation, where);
        }
    }

    /// <summary>Follows a job to its end. Throws <see cref="HypervisorException"/> unless it succeeds.</summary>
    public async Task<HyperVResult> FollowAsync(ICimSession session, CimPath path, string operation, HyperVJobOptions options, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        var lastSeen = begun;
        var pause = FirstPause;
        var percent = -1;
        var cancelling = Cancelling.No;
        while (true)
        {
            HyperVJob? job = null;
            try
            {
                job = await ReadAsync(session, path, cancellationToken) ?? throw HyperVErrors.JobNotFound(operation, path["InstanceID"] ?? path.ToString(), where);
                lastSeen = time.GetTimestamp();
                options.Observed?.Invoke(job);
                if (job.Percent > percent)
                {
                    percent = job.Percent;
                    options.Progress?.Report(percent);
                }

                if (job.Ended)
                {
                    return await EndAsync(session, job, operation, cancelling is Cancelling.Terminating or Cancelling.Killing, cancellationToken);
                }

                if (options.Cancel.IsCancellationRequested && job.Cancellable)
                {
                    cancelling = await CancelAsync(session, path, cancelling, cancellationToken);
                }
            }
            catch (CimException error)
            {
                if (!HyperVErrors.MayPass(error) || time.GetElapsedTime(lastSeen) > options.Patience)
                {
                    throw HyperVErrors.From(error, $"Cannot follow the job to {operation}", where);
                }
            }

            if (time.GetElapsedTime(begun) > options.Limit)
            {
                throw HyperVErrors.JobTimedOut(operation, path["InstanceID"] ?? path.ToString(), options.Limit, Math.Max(percent, 0), where);
            }

            await PauseAsync(pause, cancelling is Cancelling.No ? options.Cancel : default, cancellationToken);
            pause = pause * 2 < options.LongestPause ? pause * 2 : options.LongestPause;
        }
    }

    /// <summary>The job now, or null if the host no longer has it. Throws <see cref="CimException"/>.</summary>
    public static async Task<HyperVJob?> ReadAsync(ICimSession session, CimPath path, CancellationToken cancellationToken)
    {
        try
        {
            return await session.GetAsync(path, cancellationToken) is { } instance ? HyperVJob.Read(path, instance) : null;
        }
        catch (CimException error) when (error.Kind is CimErrorKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>
    /// A job of a class that works on a VM and has not ended, or null: to find one again that this process has started before it was restarted, or that another has started.
    /// Throws <see cref="HypervisorException"/>.
    /// </summary>
    /// <param name="session">The host.</param>
    /// <param name="vm">The VM's path.</param>
    /// <param name="jobClass">For example <c>Msvm_MigrationJob</c>.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <param name="type">Only jobs that do this; null: any of the class.</param>
    public async Task<HyperVJob?> FindRunningAsync(ICimSession session, CimPath vm, string jobClass, CancellationToken cancellationToken, HyperVJobType? type = null)
    {
        try
        {
            // A migration's job names its VM; others are found through the association with what they work on.
            if (jobClass.Equals("Msvm_MigrationJob", StringComparison.OrdinalIgnoreCase))
            {
                await foreach (var instance in session.EnumerateAsync(CimPath.Virtualization, jobClass, cancellationToken))
                {
                    if (string.Equals(instance.String("VirtualSystemName"), vm["Name"], StringComparison.OrdinalIgnoreCase) && HyperVJob.Read(instance) is { Ended: false } job)
                    {
                        return job;
                    }
                }

                return null;
            }

            await foreach (var instance in session.AssociatorsAsync(vm, "Msvm_AffectedJobElement", jobClass, cancellationToken))
            {
                if (HyperVJob.Read(instance) is { Ended: false } job && (type is null || instance.Number("JobType") == (long)type))
                {
                    return job;
                }
            }

            return null;
        }
        catch (CimException error)
        {
            throw HyperVErrors.From(error, $"Cannot look for a running {jobClass} of VM {vm["Name"]}", where);
        }
    }

    /// <summary>
    /// The newest job of a type for a VM that is over; null if the host knows of none (it forgets a job about five minutes after its end). Throws <see cref="HypervisorException"/>.
    /// </summary>
    public async Task<HyperVJob?> FindEndedAsync(ICimSession session, CimPath vm, string jobClass, HyperVJobType type, CancellationToken cancellationToken)
    {
        try
        {
            HyperVJob? newest = null;
            await foreach (var instance in session.AssociatorsAsync(vm, "Msvm_AffectedJobElement", jobClass, cancellationToken))
            {
                if (HyperVJob.Read(instance) is { Ended: true } job && instance.Number("JobType") == (long)type
                    && (newest is null || instance.Moment("TimeOfLastStateChange") > newest.Instance.Moment("TimeOfLastStateChange")))
                {
                    newest = job;
                }
            }

            return newest;
        }
        catch (CimException error)
        {
            throw HyperVErrors.From(error, $"Cannot look for an ended {jobClass} of VM {vm["Name"]}", where);
        }
    }

    /// <summary>
    /// What a method has made: its out parameter if it was done at once, otherwise what its job says it has created, of one class. Null if it says so of nothing: the caller then looks for itself.
    /// Throws <see cref="HypervisorException"/>.
    /// </summary>
    public async Task<CimPath?> ResultAsync(ICimSession session, HyperVResult result, string outParameter, string className, CancellationToken cancellationToken)
    {
        if (result.Out[outParameter] is CimPath path)
        {
            return path;
        }

        if (result.Job is null)
        {
            return null;
        }

        return (await AffectedAsync(session, result.Job.Path, className, cancellationToken)).FirstOrDefault(one => one.Created).Path;
    }

    /// <summary>What a job has worked on, of a class or derived from it; whether the job says that it created it.</summary>
    public async Task<IReadOnlyList<(CimPath Path, bool Created)>> AffectedAsync(ICimSession session, CimPath job, string className, CancellationToken cancellationToken)
    {
        var found = new List<(CimPath, bool)>();
        try
        {
            await foreach (var link in session.ReferencesAsync(job, "Msvm_AffectedJobElement", cancellationToken))
            {
                if (link.Reference("AffectedElement") is { } element && CimSchema.Instance.Is(element.ClassName, className))
                {
                    found.Add((element, link.Array<ushort>("ElementEffects").Contains((ushort)Created)));
                }
            }
        }
        catch (CimException error)
        {
            throw HyperVErrors.From(error, $"Cannot read what the job {job["InstanceID"]} has made", where);
        }

        return found;
    }

    /// <summary>The host's texts for a job's error or warnings, the most general first; empty if it has none.</summary>
    public static async Task<IReadOnlyList<string>> TextsAsync(ICimSession session, HyperVJob job, CancellationToken cancellationToken)
    {
        var texts = new List<string>();
        try
        {
            var answer = await session.InvokeAsync(job.Path, "GetErrorEx", new CimInstance("GetErrorEx"), cancellationToken);
            foreach (var error in Errors(answer["Errors"]))
            {
                if (error.String("Message") is { Length: > 0 } text && !texts.Contains(text.Trim()))
                {
                    texts.Add(text.Trim());
                }
            }
        }
        catch (CimException)
        {
            // The job's own properties still say something; that is better than an error about the error.
        }

        if (texts.Count == 0 && job.Description is { } description)
        {
            texts.Add(description.Trim());
        }

        return texts;
    }

    private static IEnumerable<CimInstance> Errors(object? value) => value switch
    {
        string[] texts => texts.Select(CimXml.Read),
        CimInstance[] instances => instances,
        _ => [],
    };

    private async Task<HyperVResult> EndAsync(ICimSession session, HyperVJob job, string operation, bool cancelled, CancellationToken cancellationToken)
    {
        if (job.State is HyperVJobState.Completed)
        {
            return new HyperVResult(new CimInstance("Nothing"), job, []);
        }

        var texts = await TextsAsync(session, job, cancellationToken);
        if (job.State is HyperVJobState.CompletedWithWarnings)
        {
            return new HyperVResult(new CimInstance("Nothing"), job, texts);
        }

        var failed = HyperVErrors.JobFailed(operation, job, texts, where);
        throw cancelled || job.State is HyperVJobState.Terminated or HyperVJobState.Killed ? HyperVErrors.JobCancelled(operation, job.Id, where, failed.Error) : failed;
    }

    private enum Cancelling
    {
        No,
        Terminating,
        Killing,
        Refused,
    }

    /// <summary>Asks the host to end the job, gently at first. A refusal is no error: the job may have ended, or goes on to its end, and that is what counts.</summary>
    private static async Task<Cancelling> CancelAsync(ICimSession session, CimPath job, Cancelling sofar, CancellationToken cancellationToken)
    {
        if (sofar is Cancelling.Terminating or Cancelling.Killing)
        {
            return sofar;
        }

        return await ChangeAsync(Terminate) ? Cancelling.Terminating : await ChangeAsync(Kill) ? Cancelling.Killing : Cancelling.Refused;

        async Task<bool> ChangeAsync(ushort state)
        {
            var answer = await session.InvokeAsync(job, "RequestStateChange", new CimInstance("RequestStateChange") { ["RequestedState"] = state }, cancellationToken);
            return (uint?)answer.Number("ReturnValue") is Done or Started;
        }
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken cancel, CancellationToken cancellationToken)
    {
        if (!cancel.CanBeCanceled || cancel.IsCancellationRequested)
        {
            await Task.Delay(pause, time, cancellationToken);
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, cancellationToken);
        try
        {
            await Task.Delay(pause, time, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The job is to be cancelled: look at it now.
        }
    }
}
