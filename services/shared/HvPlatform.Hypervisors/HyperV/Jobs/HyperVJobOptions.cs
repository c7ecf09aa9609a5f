namespace HvPlatform.Hypervisors.HyperV;

/// <summary>How a job is followed.</summary>
internal sealed record HyperVJobOptions
{
    /// <summary>Told of the percentage whenever it grew.</summary>
    public IProgress<int>? Progress { get; init; }

    /// <summary>Told of every reading of the job, for who needs more than the percentage.</summary>
    public Action<HyperVJob>? Observed { get; init; }

    /// <summary>
    /// Cancels the job on the host (when it is or becomes cancellable) and waits for its end. The other token, of the call itself, only ends the following: the job goes
    /// on at the host and is found again by <see cref="HyperVJobs.FindRunningAsync"/>.
    /// </summary>
    public CancellationToken Cancel { get; init; }

    /// <summary>How long the job may take before following it ends with <see cref="Contracts.ErrorCategory.JobTimedOut"/>; the job goes on at the host.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long the host may be unreachable while the job is followed.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest wait between two looks; the first come sooner.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMilliseconds(500);
}
