using HvPlatform.MigrationSaga.MigrateVm;

namespace HvPlatform.Simulation.Worlds;

/// <summary>What keeps a VM from being lost or doubled. Each can be switched off, to see that the checks would notice.</summary>
[Flags]
enum Safeguard
{
    None = 0,

    /// <summary>An agent refuses a command with an epoch older than it has seen.</summary>
    EpochCheck = 1,

    /// <summary>A service works on a message once, however often it is delivered.</summary>
    Inbox = 2,

    /// <summary>An agent remembers what it was told and what it did.</summary>
    Journal = 4,

    /// <summary>The saga believes only what both hosts say.</summary>
    AskBothHosts = 8,

    /// <summary>A VM takes one operation at a time.</summary>
    OneOperationPerVm = 32,

    /// <summary>An operation that was ended on a host begins nothing there any more.</summary>
    Closing = 64,
}

/// <summary>One world: equal options, equal run.</summary>
sealed record WorldOptions
{
    public int Seed { get; init; } = 1;

    public int Hosts { get; init; } = 3;

    public int Vms { get; init; } = 5;

    /// <summary>How long things go wrong; afterwards the world has to come to rest.</summary>
    public TimeSpan Trouble { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>How long it may take after the last trouble until nothing is left to do.</summary>
    public TimeSpan RestWithin { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Until a process that died runs again; null for chance.</summary>
    public TimeSpan? DownTime { get; init; }

    /// <summary>When a lifecycle operation without an answer fails.</summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What this world has beyond the plain one; null for what its seed says.</summary>
    public Breadth? Breadth { get; init; }

    public Safeguard SwitchedOff { get; init; }

    public MigrationTimings SagaTimings { get; init; } = MigrationTimings.Default;

    /// <summary>Keeps every line of the trace.</summary>
    public bool Trace { get; init; }

    public bool Without(Safeguard safeguard) => (SwitchedOff & safeguard) != 0;
}

/// <summary>Something that must never be was.</summary>
sealed class ViolationException(string what) : Exception(what);
