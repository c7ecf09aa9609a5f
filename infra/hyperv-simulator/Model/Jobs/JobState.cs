namespace HvPlatform.HyperVSimulator.Model;

/// <summary><c>Msvm_ConcreteJob.JobState</c>.</summary>
public enum JobState : ushort
{
    /// <summary>Running.</summary>
    Running = 4,

    /// <summary>Ends soon, since it was told to.</summary>
    ShuttingDown = 6,

    /// <summary>Ended well.</summary>
    Completed = 7,

    /// <summary>Ended on request.</summary>
    Terminated = 8,

    /// <summary>Ended on request, at once.</summary>
    Killed = 9,

    /// <summary>Failed.</summary>
    Exception = 10,

    /// <summary>Ended well but for something its errors tell.</summary>
    CompletedWithWarnings = 32768,
}
