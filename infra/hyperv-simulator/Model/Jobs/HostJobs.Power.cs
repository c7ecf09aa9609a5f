namespace HvPlatform.HyperVSimulator.Model;

/// <summary>Jobs and the host's power.</summary>
public sealed partial class HostJobs
{
    private const ushort Failed = 32768;

    /// <summary>All jobs are gone, as when the management service ends; what those that ran had begun is undone.</summary>
    internal void Forget()
    {
        foreach (var job in active.ToList())
        {
            job.Fail(Failed, "The host lost its power.", []);
            End(job, JobState.Exception, job.OnFailure ?? job.OnCancel);
        }

        jobs.Clear();
    }
}
