namespace HvPlatform.Contracts.Vms;

/// <summary>Virtual processors of a VM. In a change, what is null stays as it is.</summary>
public sealed record VmProcessorSettings
{
    /// <summary>How many, at least 1.</summary>
    public int? Count { get; init; }

    /// <summary>Share of each virtual processor that is kept for this VM, 0 to 100 %.</summary>
    public double? ReservationPercent { get; init; }

    /// <summary>Most that each virtual processor may use, 0 to 100 %.</summary>
    public double? LimitPercent { get; init; }

    /// <summary>Its weight against other VMs when processors are short, 1 to 10000; 100 is usual.</summary>
    public int? Weight { get; init; }
}
