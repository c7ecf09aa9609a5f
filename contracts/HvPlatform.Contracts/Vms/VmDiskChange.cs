namespace HvPlatform.Contracts.Vms;

/// <summary>One change of a VM's disks. The file's path says which.</summary>
public sealed record VmDiskChange
{
    /// <summary>Create, Add (attach), Change (resize) or Remove (detach).</summary>
    public required VmDeviceAction Action { get; init; }

    /// <summary>The disk's file on the host, an absolute path.</summary>
    public required string Path { get; init; }

    /// <summary>The size the guest sees, bytes: for Create, and for Change to the new size.</summary>
    public long? CapacityBytes { get; init; }

    /// <summary>For Create and Add: <c>SCSI</c> or <c>IDE</c>; null for what the VM boots from.</summary>
    public string? Controller { get; init; }

    /// <summary>For Create and Add: which controller, from 0; null for the first with room.</summary>
    public int? ControllerNumber { get; init; }

    /// <summary>For Create and Add: which place on it, from 0; null for the first that is free.</summary>
    public int? Location { get; init; }
}
