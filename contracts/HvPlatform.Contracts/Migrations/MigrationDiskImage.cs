namespace HvPlatform.Contracts.Migrations;

/// <summary>A disk that is copied with its VM: what the destination has to make room for.</summary>
public sealed record MigrationDiskImage
{
    /// <summary>Guest-visible name, for example <c>vda</c>.</summary>
    public required string Target { get; init; }

    /// <summary>The file, the same path on both hosts.</summary>
    public required string Path { get; init; }

    /// <summary>The image format.</summary>
    public required string Format { get; init; }

    /// <summary>The size the guest sees, bytes: the copy must have exactly this.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Most bytes the copy will hold when it is complete; the guest may write more later.</summary>
    public required long NeededBytes { get; init; }

    /// <summary>The image it lies upon; null for a copy that is whole by itself.</summary>
    public string? BackingPath { get; init; }

    /// <summary>Format of <see cref="BackingPath"/>.</summary>
    public string? BackingFormat { get; init; }
}
