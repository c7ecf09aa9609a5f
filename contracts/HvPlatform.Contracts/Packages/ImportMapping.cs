namespace HvPlatform.Contracts.Packages;

/// <summary>What something in an export is to be on this host.</summary>
public sealed record ImportMapping
{
    /// <summary>Its name or path in the export.</summary>
    public required string From { get; init; }

    /// <summary>Its name or path here.</summary>
    public required string To { get; init; }
}
