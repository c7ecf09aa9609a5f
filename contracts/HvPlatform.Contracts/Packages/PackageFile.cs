namespace HvPlatform.Contracts.Packages;

/// <summary>A file of an export.</summary>
public sealed record PackageFile
{
    /// <summary>Its path within the export's directory, with slashes.</summary>
    public required string Path { get; init; }

    /// <summary>What it is: <c>definition</c>, <c>disk</c>, <c>state</c>, <c>firmware</c> or <c>other</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Its size, bytes; null where the hypervisor does not say.</summary>
    public long? Bytes { get; init; }

    /// <summary>Its SHA-256, 64 lower-case hexadecimal digits; null where the driver does not read the files.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The path it was exported from.</summary>
    public string? Source { get; init; }

    /// <summary>The device it is of, for example <c>vda</c>.</summary>
    public string? Target { get; init; }
}
