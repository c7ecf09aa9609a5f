namespace HvPlatform.HyperVSimulator.Model.Storage;

/// <summary>A file; never changed, only replaced.</summary>
/// <param name="Path">Its whole path as it was first written.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
/// <param name="Content">What is in it, or null for bytes that nobody reads: a <see cref="VirtualDisk"/>, an exported definition, a text.</param>
/// <param name="ReadOnly">Whether it refuses writing and deletion.</param>
public sealed record SimulatedFile(string Path, ulong SizeBytes, object? Content = null, bool ReadOnly = false)
{
    /// <summary>When it was last written.</summary>
    public DateTimeOffset WrittenAt { get; init; }
}
