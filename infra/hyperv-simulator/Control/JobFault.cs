namespace HvPlatform.HyperVSimulator.Control;

/// <summary>What happens to the jobs of a host.</summary>
public sealed record JobFault
{
    /// <summary>How many times longer than planned each new job takes; null: as before.</summary>
    public double? Slowness { get; init; }

    /// <summary>The next jobs fail with this <c>ErrorCode</c>, for example 32768; null: none does.</summary>
    public ushort? ErrorCode { get; init; }

    /// <summary>Their <c>ErrorDescription</c>.</summary>
    public string Description { get; init; } = "The operation failed.";

    /// <summary>How many jobs fail.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Only jobs of this class; null: any.</summary>
    public string? Class { get; init; }

    /// <summary>At which part of their duration they fail, 0 to 1.</summary>
    public double At { get; init; } = 0.5;
}
