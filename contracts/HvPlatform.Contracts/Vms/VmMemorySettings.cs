namespace HvPlatform.Contracts.Vms;

/// <summary>Memory of a VM. In a change, what is null stays as it is.</summary>
public sealed record VmMemorySettings
{
    /// <summary>What it starts with, MiB; all it has if memory is not dynamic.</summary>
    public long? StartupMiB { get; init; }

    /// <summary>Whether the host gives and takes memory as the guest needs it.</summary>
    public bool? Dynamic { get; init; }

    /// <summary>Least that dynamic memory leaves, MiB.</summary>
    public long? MinimumMiB { get; init; }

    /// <summary>Most that dynamic memory gives, MiB.</summary>
    public long? MaximumMiB { get; init; }

    /// <summary>Memory kept above what the guest uses, 5 to 2000 %.</summary>
    public int? BufferPercent { get; init; }

    /// <summary>Its weight against other VMs when memory is short, 0 to 10000; 5000 is usual.</summary>
    public int? Weight { get; init; }
}
