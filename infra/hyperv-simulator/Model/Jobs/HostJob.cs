using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model;

/// <summary>A job of a simulated host: an <c>Msvm_ConcreteJob</c> or one of its kin. Changed only under the host's lock.</summary>
public sealed class HostJob
{
    private readonly List<(CimPath Path, ushort[] Effects)> affected = [];
    private readonly List<string> errors = [];

    internal HostJob(string id, string className, string caption, JobType type, DateTimeOffset startedAt, TimeSpan duration)
    {
        Id = id;
        Path = new CimPath(className, ("InstanceID", id));
        Caption = caption;
        Type = type;
        StartedAt = startedAt;
        ChangedAt = startedAt;
        Duration = duration;
    }

    /// <summary>Its <c>InstanceID</c>.</summary>
    public string Id { get; }

    /// <summary>Its path.</summary>
    public CimPath Path { get; }

    /// <summary>What it does.</summary>
    public string Caption { get; }

    /// <summary>Its kind.</summary>
    public JobType Type { get; }

    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>How long it will take, or took if it ended early.</summary>
    public TimeSpan Duration { get; internal set; }

    /// <summary>Where it stands.</summary>
    public JobState State { get; private set; } = JobState.Running;

    /// <summary>When it came into <see cref="State"/>.</summary>
    public DateTimeOffset ChangedAt { get; private set; }

    /// <summary>It has not ended.</summary>
    public bool IsActive => State is JobState.Running or JobState.ShuttingDown;

    /// <summary>Why it failed; 0 if it did not.</summary>
    public ushort ErrorCode { get; private set; }

    /// <summary>What went wrong, the first being the whole story.</summary>
    public IReadOnlyList<string> Errors => errors;

    /// <summary>What it acts on, with <c>ElementEffects</c>.</summary>
    public IReadOnlyList<(CimPath Path, ushort[] Effects)> Affected => affected;

    /// <summary>What it belongs to (<c>Msvm_OwningJobElement</c>), or null.</summary>
    public CimPath? Owner { get; internal init; }

    /// <summary>Sets the properties that its class has beyond those of every job; or null.</summary>
    public Action<CimInstance>? More { get; internal init; }

    /// <summary>Whether it can be cancelled now: not once what it does can no longer be undone.</summary>
    public bool CanCancel => OnCancel is not null && IsActive && !IsPastReturn;

    /// <summary>What it does can no longer be undone.</summary>
    public bool IsPastReturn { get; set; }

    internal Action<HostJob>? Effect { get; init; }

    internal Action<HostJob>? OnCancel { get; init; }

    internal Action<HostJob>? OnFailure { get; init; }

    /// <summary>Says that the job acts on something; <paramref name="effect"/> as in <c>ElementEffects</c>: 0 unknown, 5 it makes it.</summary>
    public void Affects(CimPath path, ushort effect = 0) => affected.Add((path, [effect]));

    /// <summary>Says that the job makes something (<c>ElementEffects</c> 5): how callers find what an asynchronous call made.</summary>
    public void Creates(CimPath path) => Affects(path, 5);

    /// <summary>Lets the job end as completed with warnings.</summary>
    public void Warn(string description) => errors.Add(description);

    /// <summary>How much is done at a time, 0 to 100; 100 only when it completed.</summary>
    public ushort PercentAt(DateTimeOffset now)
    {
        if (State is JobState.Completed or JobState.CompletedWithWarnings)
        {
            return 100;
        }

        var until = State == JobState.Running ? now : ChangedAt;
        return Duration <= TimeSpan.Zero ? (ushort)99 : (ushort)Math.Clamp((until - StartedAt) / Duration * 100, 0, 99);
    }

    internal void Fail(ushort code, string description, IReadOnlyList<string> details)
    {
        ErrorCode = code;
        errors.Clear();
        errors.Add(description);
        errors.AddRange(details);
    }

    internal void Enter(JobState state, DateTimeOffset at)
    {
        State = state;
        ChangedAt = at;
    }
}
