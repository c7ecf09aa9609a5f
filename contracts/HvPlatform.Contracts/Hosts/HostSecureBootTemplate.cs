namespace HvPlatform.Contracts.Hosts;

/// <summary>Whose signatures Secure Boot can ask for.</summary>
public sealed record HostSecureBootTemplate
{
    /// <summary>A GUID, without braces.</summary>
    public required string Id { get; init; }

    /// <summary>The host's name for it.</summary>
    public required string Name { get; init; }
}
