namespace HvPlatform.Contracts.Vms;

/// <summary>One VM as one host sees it at one moment.</summary>
public sealed record VmInfo
{
    /// <summary>The VM.</summary>
    public required VmId Id { get; init; }

    /// <summary>Its name on this host.</summary>
    public required string Name { get; init; }

    /// <summary>What it is doing.</summary>
    public required VmState State { get; init; }

    /// <summary>The hypervisor's reason for the state, in its words.</summary>
    public string? StateReason { get; init; }

    /// <summary>Virtual processors.</summary>
    public required int Vcpus { get; init; }

    /// <summary>Memory assigned, MiB.</summary>
    public required long MemoryMiB { get; init; }

    /// <summary>Disks, in the order of the VM's configuration.</summary>
    public IReadOnlyList<VmDisk> Disks { get; init; } = [];

    /// <summary>Network adapters, in the order of the VM's configuration.</summary>
    public IReadOnlyList<VmNic> Nics { get; init; } = [];

    /// <summary>False for a VM that vanishes when it stops (libvirt's transient domains).</summary>
    public bool Persistent { get; init; } = true;

    /// <summary>The ownership epoch stored beside the VM or, if higher, the one the host's agent has seen in a command for it; 0 if none.</summary>
    public long Epoch { get; init; }

    /// <summary>What else the host knows of its configuration and its guest; null if the driver reads no more.</summary>
    public VmDetails? Details { get; init; }

    /// <summary>What changes with every look; null if the driver does not read it along.</summary>
    public VmFigures? Figures { get; init; }
}
