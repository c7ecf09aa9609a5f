namespace HvPlatform.Contracts.History;

/// <summary>Host stream: a newer agent counts generations from a lower number (its journal was lost); what it says counts from here on.</summary>
public sealed record HostGenerationRestarted
{
    /// <summary>The host: the stream's id.</summary>
    public required HostId HostId { get; init; }

    /// <summary>The highest known until now.</summary>
    public required long KnownGeneration { get; init; }

    /// <summary>The agent's now.</summary>
    public required long Generation { get; init; }

    /// <summary>When that agent started, UTC.</summary>
    public required DateTimeOffset AgentStartedAt { get; init; }
}
