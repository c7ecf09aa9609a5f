namespace HvPlatform.Contracts.Vms;

/// <summary>What a VM is made of, beyond processors, memory, disks and adapters.</summary>
public sealed record VmHardware
{
    /// <summary>1 (BIOS) or 2 (UEFI). Hyper-V: <c>VirtualSystemSubType</c>.</summary>
    public int? Generation { get; init; }

    /// <summary>The version of its configuration, for example <c>10.0</c>: which features it may have and which hosts run it.</summary>
    public string? Version { get; init; }

    /// <summary>Whether the host gives and takes memory while the VM runs.</summary>
    public bool? DynamicMemory { get; init; }

    /// <summary>With dynamic memory: the least it has, MiB.</summary>
    public long? MemoryMinimumMiB { get; init; }

    /// <summary>With dynamic memory: the most it has, MiB.</summary>
    public long? MemoryMaximumMiB { get; init; }

    /// <summary>Whether the host makes a checkpoint at each start.</summary>
    public bool? AutomaticCheckpoints { get; init; }
}
