using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>
/// The jobs of a simulated host. A job takes its duration on the host's clock, then its effect happens; it can still be read for a while after its end, as on a real host.
/// All calls under the host's lock.
/// </summary>
public sealed partial class HostJobs
{
    private readonly SimulatedHyperVHost host;
    private readonly Dictionary<string, HostJob> jobs = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<HostJob> active = [];
    private readonly List<Injected> injected = [];

    internal HostJobs(SimulatedHyperVHost host)
    {
        this.host = host;
        Register();
    }

    /// <summary>How many times longer than planned each new job takes; 1 as planned.</summary>
    public double Slowness { get; set; } = 1;

    /// <summary>All jobs that can be read, the ended ones too.</summary>
    public IReadOnlyCollection<HostJob> All => jobs.Values;

    /// <summary>
    /// Starts a job and gives its path, for the out parameter <c>Job</c>.
    /// </summary>
    /// <param name="className">Its class: <c>Msvm_ConcreteJob</c>, <c>Msvm_StorageJob</c>, <c>Msvm_MigrationJob</c>, …</param>
    /// <param name="caption">What it does, in a few words.</param>
    /// <param name="duration">How long it takes, before <see cref="Slowness"/>.</param>
    /// <param name="effect">What it brings about at its end. Throws <see cref="JobFailed"/> to let it fail; says what it made by <see cref="HostJob.Creates"/>.</param>
    /// <param name="affected">What it acts on.</param>
    /// <param name="onCancel">Undoes what was begun when the job is cancelled, or fails by injection; null: it cannot be cancelled.</param>
    /// <param name="type">Its kind.</param>
    /// <param name="owner">What it belongs to.</param>
    /// <param name="more">Sets properties that its class has beyond those of every job.</param>
    /// <param name="open">It does not end by itself after its duration: whoever started it calls <see cref="Finish"/> or <see cref="Fail"/>.</param>
    /// <param name="onFailure">Undoes what was begun when the job fails, by its effect or by injection; without it <paramref name="onCancel"/> is called for injected failures only.</param>
    public CimPath Start(
        string className, string caption, TimeSpan duration, Action<HostJob> effect, IEnumerable<CimPath> affected, Action<HostJob>? onCancel = null,
        JobType type = JobType.Unknown, CimPath? owner = null, Action<CimInstance>? more = null, bool open = false, Action<HostJob>? onFailure = null)
    {
        var job = new HostJob(VmConfiguration.Key(host.NewId()), className, caption, type, host.Timeline.Now, duration * Slowness) { Effect = effect, OnCancel = onCancel, OnFailure = onFailure, Owner = owner, More = more };
        foreach (var path in affected)
        {
            job.Affects(path);
        }

        jobs.Add(job.Id, job);
        active.Add(job);
        var failure = injected.Find(one => one.Which(job));
        if (failure is not null && --failure.Times == 0)
        {
            injected.Remove(failure);
        }

        if (failure is null && !open)
        {
            host.Timeline.After(job.Duration, () => Finish(job));
        }
        else if (failure is not null)
        {
            host.Timeline.After(job.Duration * failure.At, () => FailAsTold(job, failure));
        }

        return job.Path;
    }

    /// <summary>The answer of a method that started a job: 4096 and the job.</summary>
    public static CimInstance Started(CimPath job) => CimBlank.Result(ReturnCode.JobStarted, ("Job", job));

    /// <summary>A job by its path, or null.</summary>
    public HostJob? Find(CimPath path) => path["InstanceID"] is { } id ? jobs.GetValueOrDefault(id) : null;

    /// <summary>
    /// What jobs do with a virtual machine that shows as <c>OperationalStatus[1]</c> of it: 32768 creating a snapshot, 32769 applying one, 32770 deleting one, 32773 exporting, 32774
    /// migrating; null for nothing.
    /// </summary>
    public ushort? OperationOn(CimPath path)
    {
        foreach (var job in active)
        {
            ushort? operation = job.Path.ClassName == "Msvm_MigrationJob" ? 32774 : job.Type switch
            {
                JobType.TakeSnapshot => 32768,
                JobType.ApplySnapshot => 32769,
                JobType.DeleteSnapshot => 32770,
                JobType.ExportVm => 32773,
                _ => null,
            };
            if (operation is not null && job.IsActive && job.Affected.Any(one => one.Path.Equals(path)))
            {
                return operation;
            }
        }

        return null;
    }

    /// <summary>The jobs that act on something and have not ended.</summary>
    public IEnumerable<HostJob> ActiveOn(CimPath path) => active.Where(job => job.Affected.Any(one => one.Path.Equals(path)));

    /// <summary>Lets the next jobs fail part of the way.</summary>
    /// <param name="errorCode">With this <c>ErrorCode</c>.</param>
    /// <param name="description">And this <c>ErrorDescription</c>.</param>
    /// <param name="which">Which jobs; null for any.</param>
    /// <param name="times">How many.</param>
    /// <param name="at">At which part of their duration, 0 to 1.</param>
    public void FailNext(ushort errorCode, string description, Func<HostJob, bool>? which = null, int times = 1, double at = 0.5) =>
        injected.Add(new Injected(errorCode, description, which ?? (_ => true), at) { Times = times });

    /// <summary>Cancels a job as <c>RequestStateChange</c> does. False if it has ended or cannot be cancelled.</summary>
    public bool Cancel(HostJob job, bool atOnce)
    {
        if (!job.CanCancel)
        {
            return false;
        }

        if (atOnce)
        {
            End(job, JobState.Killed, job.OnCancel);
        }
        else if (job.State == JobState.Running)
        {
            job.Enter(JobState.ShuttingDown, host.Timeline.Now);
            host.Timeline.After(host.Options.JobDuration / 5, () => End(job, JobState.Terminated, job.OnCancel));
        }

        return true;
    }

    /// <summary>Ends a job that runs, with its effect.</summary>
    internal void Finish(HostJob job)
    {
        if (job.State != JobState.Running)
        {
            return;
        }

        try
        {
            End(job, JobState.Completed, job.Effect);
        }
        catch (JobFailed failed)
        {
            job.Fail(failed.ErrorCode, failed.Message, failed.Details);
            job.Enter(JobState.Exception, host.Timeline.Now);
            job.OnFailure?.Invoke(job);
        }
    }

    /// <summary>Ends a job that runs as failed. What was begun is undone as when it is cancelled.</summary>
    internal void Fail(HostJob job, JobFailed why)
    {
        if (job.State == JobState.Running)
        {
            job.Fail(why.ErrorCode, why.Message, why.Details);
            End(job, JobState.Exception, job.OnCancel);
        }
    }

    private void FailAsTold(HostJob job, Injected failure)
    {
        if (job.State == JobState.Running)
        {
            job.Fail(failure.ErrorCode, failure.Description, []);
            End(job, JobState.Exception, job.OnFailure ?? job.OnCancel);
        }
    }

    private void End(HostJob job, JobState state, Action<HostJob>? what)
    {
        if (!job.IsActive)
        {
            return;
        }

        job.Enter(state, host.Timeline.Now);
        active.Remove(job);
        host.Timeline.After(host.Options.JobRetention, () => jobs.Remove(job.Id));
        what?.Invoke(job);
        if (state == JobState.Completed && job.Errors.Count > 0)
        {
            job.Enter(JobState.CompletedWithWarnings, host.Timeline.Now);
        }
    }

    private sealed record Injected(ushort ErrorCode, string Description, Func<HostJob, bool> Which, double At)
    {
        public int Times { get; set; }
    }
}
