namespace HvPlatform.Contracts.Migrations;

/// <summary>
/// What only Hyper-V offers when it moves a VM. A host lists the facet <c>migration-hyperv</c> if its driver takes these; a migration that carries them is refused elsewhere.
/// Null always means the hosts' own setting.
/// </summary>
public sealed record HyperVMigrationOptions
{
    /// <summary>What carries memory and state.</summary>
    public HyperVTransport? Transport { get; init; }

    /// <summary>Compress what is sent; over TCP only.</summary>
    public bool? Compression { get; init; }

    /// <summary>How far the guest's processors are slowed while its memory is copied.</summary>
    public HyperVCpuCapping? CpuCapping { get; init; }

    /// <summary>Give up, and leave the VM where it is, if it would stand still for longer than Hyper-V's own limit at the switch-over.</summary>
    public bool CancelOnBlackout { get; init; } = false;

    /// <summary>Where single disks are to lie on the destination. Those not named keep their path, or come below <see cref="DestinationPath"/>.</summary>
    public IReadOnlyList<HyperVDiskMove> Disks { get; init; } = [];

    /// <summary>A disk may be written over a file that is on the destination already.</summary>
    public bool OverwriteDisks { get; init; } = false;

    /// <summary>The images that copied disks lie upon (parents, read only) stay on the source after the VM has gone.</summary>
    public bool RetainDisksOnSource { get; init; } = false;

    /// <summary>No disk's file is removed: neither the source's after success nor the destination's after failure.</summary>
    public bool AvoidRemovingDisks { get; init; } = false;

    /// <summary>Directory on the destination for the VM's configuration, checkpoints, paging file and disks that are copied, for example <c>D:\VMs\web</c>.</summary>
    public string? DestinationPath { get; init; }

    /// <summary>The VM's name on the destination.</summary>
    public string? NewName { get; init; }

    /// <summary>Save the VM, then move it; it stays saved. Needs mode Auto or Cold.</summary>
    public bool ToSuspended { get; init; } = false;

    /// <summary>Make a planned VM on the destination first, and move into that.</summary>
    public bool Staged { get; init; } = false;

    /// <summary>Have the source look into every disk and its parents, down to the storage, before anything is moved.</summary>
    public bool DeepStorageCheck { get; init; } = false;
}
