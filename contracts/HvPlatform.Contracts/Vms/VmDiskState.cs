namespace HvPlatform.Contracts.Vms;

/// <summary>A disk or drive of a VM.</summary>
public sealed record VmDiskState
{
    /// <summary><c>SCSI</c>, <c>IDE</c> or what the hypervisor calls it.</summary>
    public required string Controller { get; init; }

    /// <summary>Which controller, from 0.</summary>
    public required int ControllerNumber { get; init; }

    /// <summary>Which place on it, from 0.</summary>
    public required int Location { get; init; }

    /// <summary><c>disk</c>, <c>dvd</c> or <c>floppy</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The file or device behind it on the host; null for an empty drive.</summary>
    public string? Path { get; init; }
}
