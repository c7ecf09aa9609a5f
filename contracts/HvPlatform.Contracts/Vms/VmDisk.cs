namespace HvPlatform.Contracts.Vms;

/// <summary>A disk of a VM.</summary>
public sealed record VmDisk
{
    /// <summary>Where the guest sees it, for example <c>vda</c>.</summary>
    public required string Target { get; init; }

    /// <summary>The file or device behind it on the host; null for an empty drive.</summary>
    public string? Source { get; init; }

    /// <summary>The image format, for example <c>qcow2</c> or <c>vhdx</c>.</summary>
    public string? Format { get; init; }

    /// <summary>The size the guest sees, bytes; null if not read.</summary>
    public long? CapacityBytes { get; init; }

    /// <summary>Bytes in use on the host; null if not read.</summary>
    public long? AllocatedBytes { get; init; }

    /// <summary>True if the driver knows the source to be on storage that other hosts reach under the same path.</summary>
    public bool Shared { get; init; }
}
