using HvPlatform.Contracts;
using Npgsql;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>A join token as the API shows it, without its secret.</summary>
internal sealed record JoinTokenView
{
    public required JoinTokenId Id { get; init; }

    /// <summary>What whoever made it called it; the agent that joins with it gets this name too.</summary>
    public string? Name { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; init; }

    /// <summary>The agent that joined with it.</summary>
    public AgentId? AgentId { get; init; }

    /// <summary>Hosts that whoever joins with it is given.</summary>
    public required IReadOnlyList<HostId> Hosts { get; init; }

    /// <summary>The columns <see cref="Read"/> expects.</summary>
    public const string Columns = "id, name, created_at, created_by, expires_at, used_at, agent_id, hosts";

    public static JoinTokenView Read(NpgsqlDataReader reader) => new()
    {
        Id = new JoinTokenId(reader.GetGuid(0)),
        Name = reader.Text(1),
        CreatedAt = reader.Instant(2),
        CreatedBy = reader.GetString(3),
        ExpiresAt = reader.Instant(4),
        UsedAt = reader.InstantOrNull(5),
        AgentId = reader.IsDBNull(6) ? null : new AgentId(reader.GetGuid(6)),
        Hosts = [.. reader.GetFieldValue<Guid[]>(7).Select(h => new HostId(h))],
    };
}

/// <summary>A join token that was just made: the only time its secret is told.</summary>
internal sealed record NewJoinTokenView
{
    public required JoinTokenId Id { get; init; }

    public string? Name { get; init; }

    /// <summary>The secret. It is not kept and cannot be asked for again.</summary>
    public required string Token { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>What to run on the host.</summary>
    public required string Command { get; init; }

    /// <summary>SHA-256 of the CA's certificate, in hex: by it the agent knows that it joins this platform.</summary>
    public required string CaFingerprint { get; init; }

    /// <summary>Hosts that whoever joins with it is given.</summary>
    public required IReadOnlyList<HostId> Hosts { get; init; }
}
