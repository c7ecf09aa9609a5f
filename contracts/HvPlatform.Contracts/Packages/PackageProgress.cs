namespace HvPlatform.Contracts.Packages;

/// <summary>How far an export or import is.</summary>
public sealed record PackageProgress
{
    /// <summary>0 to 100.</summary>
    public required double Percent { get; init; }

    /// <summary>Bytes to write; null where the hypervisor tells only a percentage.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Bytes written.</summary>
    public long? DoneBytes { get; init; }

    /// <summary>What is being worked on, for people.</summary>
    public string? Item { get; init; }
}
