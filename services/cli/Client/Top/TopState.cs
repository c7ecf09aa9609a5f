using HvPlatform.ApiClient;

namespace HvPlatform.Cli.Client.Top;

/// <summary>How <c>hv top</c> orders hosts.</summary>
internal enum TopSort
{
    Load,
    Memory,
    Vms,
    Name,
}

/// <summary>What <c>hv top</c> shows, at one instant.</summary>
internal sealed record TopState
{
    public required string Address { get; init; }

    public required DateTimeOffset At { get; init; }

    public required FleetView Fleet { get; init; }

    public required IReadOnlyList<HostView> Hosts { get; init; }

    /// <summary>Share of all processors in use, by host; without those that nothing is known of.</summary>
    public required IReadOnlyDictionary<Guid, double> CpuPercent { get; init; }

    /// <summary>Those that have not ended.</summary>
    public required IReadOnlyList<OperationView> Operations { get; init; }

    /// <summary>The progress of those that are migrations.</summary>
    public required IReadOnlyDictionary<Guid, MigrationView> Migrations { get; init; }

    /// <summary>Events in the last minute; null while that is not known.</summary>
    public required int? Events { get; init; }

    /// <summary>Operations that ended in the last minute.</summary>
    public required int Ended { get; init; }

    /// <summary>Of these, those that did not succeed.</summary>
    public required int Failed { get; init; }

    /// <summary>Those that have not cleared, newest first.</summary>
    public required IReadOnlyList<AlertView> Alerts { get; init; }

    /// <summary>Why the figures are not of now; null if they are.</summary>
    public string? Trouble { get; init; }
}
