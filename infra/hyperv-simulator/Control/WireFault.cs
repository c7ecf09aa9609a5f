namespace HvPlatform.HyperVSimulator.Control;

/// <summary>A fault on the wire, and which requests it strikes. Every condition that is set must hold.</summary>
public sealed record WireFault
{
    /// <summary>What goes wrong.</summary>
    public required WireFaultKind Kind { get; init; }

    /// <summary>How many requests it strikes before it is over; null: until it is removed.</summary>
    public int? Count { get; init; } = 1;

    /// <summary>Only calls of this method, or of this operation: <c>Get</c>, <c>Enumerate</c>, <c>Pull</c>, <c>Release</c>.</summary>
    public string? Method { get; init; }

    /// <summary>Only requests to this class; of a query the class selected or asked for.</summary>
    public string? Class { get; init; }

    /// <summary>For <see cref="WireFaultKind.Delay"/>: how long.</summary>
    public double DelaySeconds { get; init; } = 1;
}
