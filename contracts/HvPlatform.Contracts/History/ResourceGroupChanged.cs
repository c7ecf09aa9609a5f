namespace HvPlatform.Contracts.History;

/// <summary>Access stream: a resource group has these members from now on.</summary>
public sealed record ResourceGroupChanged
{
    /// <summary>The group's name.</summary>
    public required string Group { get; init; }

    /// <summary>Its hosts.</summary>
    public required IReadOnlyList<HostId> HostIds { get; init; }

    /// <summary>Its VMs, beside those on its hosts.</summary>
    public required IReadOnlyList<VmId> VmIds { get; init; }

    /// <summary>Who, why, when.</summary>
    public required Trail Trail { get; init; }

    /// <summary>The address the request came from.</summary>
    public string? Address { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
