using HvPlatform.Contracts.Vms;

namespace HvPlatform.Contracts.Migrations;

/// <summary>What the destination must know of the VM before it comes.</summary>
public sealed record MigrationSourceFacts
{
    /// <summary>The VM as the source sees it.</summary>
    public required VmInfo Vm { get; init; }

    /// <summary>The source's name, for messages to people.</summary>
    public required string SourceHostName { get; init; }

    /// <summary>Both sides must agree.</summary>
    public required HypervisorKind Hypervisor { get; init; }

    /// <summary>The guest CPU as the hypervisor describes it (libvirt: the live <c>cpu</c> element); null if the default model is used.</summary>
    public string? CpuRequirement { get; init; }

    /// <summary>The virtual machine type, for example <c>pc-q35-7.2</c>.</summary>
    public string? MachineType { get; init; }

    /// <summary>What executes the guest, for example <c>kvm</c> or <c>qemu</c> (emulation); null if the hypervisor has only one way.</summary>
    public string? Accelerator { get; init; }

    /// <summary>Measured dirty rate, MiB/s; null if not measured.</summary>
    public long? DirtyRateMiBps { get; init; }

    /// <summary>Bandwidth to reckon with, MiB/s: what recent transfers from this host reached; null if there was none.</summary>
    public double? BandwidthMiBps { get; init; }

    /// <summary>Guest-visible names (<c>vda</c>) of the disks that are to be copied.</summary>
    public IReadOnlyList<string> CopyDisks { get; init; } = [];

    /// <summary>For each of <see cref="CopyDisks"/> what its copy has to be.</summary>
    public IReadOnlyList<MigrationDiskImage> CopyImages { get; init; } = [];

    /// <summary>What only a Hyper-V destination needs; null from another source.</summary>
    public HyperVSourceFacts? HyperV { get; init; }
}
