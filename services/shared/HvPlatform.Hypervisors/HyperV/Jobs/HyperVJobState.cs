namespace HvPlatform.Hypervisors.HyperV;

/// <summary>What a job of a host is doing: <c>CIM_ConcreteJob.JobState</c> and what Hyper-V adds to it. A number that is not here is not an end.</summary>
internal enum HyperVJobState
{
    /// <summary>Not started yet.</summary>
    New = 2,

    /// <summary>About to run.</summary>
    Starting = 3,

    /// <summary>At work.</summary>
    Running = 4,

    /// <summary>Stopped, may go on.</summary>
    Suspended = 5,

    /// <summary>About to end.</summary>
    ShuttingDown = 6,

    /// <summary>Ended well.</summary>
    Completed = 7,

    /// <summary>Ended by a request to terminate.</summary>
    Terminated = 8,

    /// <summary>Ended by a request to kill.</summary>
    Killed = 9,

    /// <summary>Ended with an error.</summary>
    Exception = 10,

    /// <summary>A state of the vendor's own.</summary>
    Service = 11,

    /// <summary>Waits for an answer.</summary>
    QueryPending = 12,

    /// <summary>Ended well, with something to tell.</summary>
    CompletedWithWarnings = 32768,
}
