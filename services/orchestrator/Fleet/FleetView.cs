namespace HvPlatform.Orchestrator.Fleet;

/// <summary>The whole fleet in figures.</summary>
internal sealed record FleetView
{
    /// <summary>The instant this is the view of; absent for now.</summary>
    public DateTimeOffset? AsOf { get; init; }

    public required FleetHosts Hosts { get; init; }

    public required FleetVms Vms { get; init; }

    public required FleetCapacity Capacity { get; init; }

    public required FleetOperations Operations { get; init; }

    public required FleetAlerts Alerts { get; init; }
}

/// <summary>Hosts in figures.</summary>
internal sealed record FleetHosts
{
    public required int Total { get; init; }

    public required int Online { get; init; }

    /// <summary>Agent silent or stopped, or hypervisor not answering.</summary>
    public required int Unreachable { get; init; }

    /// <summary>In maintenance; such a host is online or unreachable as well.</summary>
    public required int Maintenance { get; init; }
}

/// <summary>VMs in figures, deleted ones not counted.</summary>
internal sealed record FleetVms
{
    public required int Total { get; init; }

    /// <summary>How many are in each state; a state that no VM is in is absent.</summary>
    public required IReadOnlyDictionary<string, int> ByState { get; init; }

    /// <summary>No host reports them any more.</summary>
    public required int Missing { get; init; }

    /// <summary>Of the built-in simulated hypervisor.</summary>
    public required int Simulated { get; init; }
}

/// <summary>What all hosts have together.</summary>
internal sealed record FleetCapacity
{
    /// <summary>Logical processors of all hosts.</summary>
    public required long Cores { get; init; }

    /// <summary>Memory that VMs may use, MiB.</summary>
    public required long MemoryMiB { get; init; }

    /// <summary>Memory of the VMs that hold it (running or paused), MiB.</summary>
    public required long MemoryAssignedMiB { get; init; }
}

/// <summary>Operations in figures.</summary>
internal sealed record FleetOperations
{
    /// <summary>Accepted and not ended, those in doubt included.</summary>
    public required int Running { get; init; }

    /// <summary>Migrations, exports and imports of which a host does not say how they ended.</summary>
    public required int InDoubt { get; init; }

    /// <summary>Ended within the last hour, in whatever way.</summary>
    public required int EndedLastHour { get; init; }

    /// <summary>Of those: failed or rolled back.</summary>
    public required int FailedLastHour { get; init; }
}

/// <summary>Open alerts in figures. Of the past: cleared ones are kept for ninety days, so further back only those still open are counted.</summary>
internal sealed record FleetAlerts
{
    /// <summary>Those whose cause is not gone.</summary>
    public required int Open { get; init; }

    /// <summary>Of those: nobody has said yet that they look after it.</summary>
    public required int Unacknowledged { get; init; }

    /// <summary>How many open ones are of each severity; a severity that none is of is absent.</summary>
    public required IReadOnlyDictionary<string, int> BySeverity { get; init; }
}
