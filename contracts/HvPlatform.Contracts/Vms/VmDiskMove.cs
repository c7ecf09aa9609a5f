namespace HvPlatform.Contracts.Vms;

/// <summary>Where one disk of a VM goes on its own host.</summary>
public sealed record VmDiskMove
{
    /// <summary>The disk's file as it is, or its guest-visible name.</summary>
    public required string Source { get; init; }

    /// <summary>Its new file, a whole path.</summary>
    public required string Destination { get; init; }
}
