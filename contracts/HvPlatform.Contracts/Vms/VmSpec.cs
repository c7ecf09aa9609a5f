namespace HvPlatform.Contracts.Vms;

/// <summary>What a new VM is to be. A driver that cannot honour a member refuses with its name.</summary>
public sealed record VmSpec
{
    /// <summary>The id the VM is to have; the platform makes one if null.</summary>
    public VmId? Id { get; init; }

    /// <summary>Its name, unique on the host.</summary>
    public required string Name { get; init; }

    /// <summary>Virtual processors, at least 1.</summary>
    public required int Vcpus { get; init; }

    /// <summary>Memory, MiB, at least 1.</summary>
    public required long MemoryMiB { get; init; }

    /// <summary>Disks that exist already on the host, first one boots.</summary>
    public IReadOnlyList<VmDisk> Disks { get; init; } = [];

    /// <summary>Network adapters.</summary>
    public IReadOnlyList<VmNic> Nics { get; init; } = [];

    /// <summary>The hypervisor's own description (libvirt domain XML), used instead of the members above if given; name and id must agree with them.</summary>
    public string? NativeDefinition { get; init; }

    /// <summary>1 (BIOS) or 2 (UEFI) on Hyper-V, where null means 2; other hypervisors refuse it.</summary>
    public int? Generation { get; init; }

    /// <summary>A text kept with the VM.</summary>
    public string? Notes { get; init; }

    /// <summary>Whether only signed boot loaders start; null for the hypervisor's own default.</summary>
    public bool? SecureBoot { get; init; }
}
