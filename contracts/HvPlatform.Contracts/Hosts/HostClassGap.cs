namespace HvPlatform.Contracts.Hosts;

/// <summary>Properties of a class that a host's version does not have.</summary>
public sealed record HostClassGap
{
    /// <summary>The class.</summary>
    public required string ClassName { get; init; }

    /// <summary>The properties; <c>*</c> if it lacks the class.</summary>
    public required IReadOnlyList<string> Properties { get; init; }
}
