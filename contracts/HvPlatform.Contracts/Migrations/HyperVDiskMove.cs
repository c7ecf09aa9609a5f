namespace HvPlatform.Contracts.Migrations;

/// <summary>Where a disk goes when its VM moves.</summary>
public sealed record HyperVDiskMove
{
    /// <summary>The disk's file on the source, or its guest-visible name.</summary>
    public required string Source { get; init; }

    /// <summary>Its file on the destination, a whole path.</summary>
    public required string Destination { get; init; }
}
