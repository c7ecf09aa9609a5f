using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Http;
using Npgsql;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>A joined agent as the API shows it.</summary>
internal sealed record AgentView
{
    public required AgentId Id { get; init; }

    /// <summary>The machine it runs on.</summary>
    public required string HostName { get; init; }

    /// <summary>The name of the token it joined with.</summary>
    public string? Name { get; init; }

    /// <summary>The host it manages, if it is one.</summary>
    public HostId? HostId { get; init; }

    /// <summary>The hosts it manages: new ones that it claimed first, and those it was given by its join token or an administrator.</summary>
    public required IReadOnlyList<AgentHostView> Hosts { get; init; }

    public required DateTimeOffset JoinedAt { get; init; }

    /// <summary>It renews its certificate by itself before.</summary>
    public required DateTimeOffset CertificateExpiresAt { get; init; }

    /// <summary>When it, or a host of its, was last heard of.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public string? RevokedBy { get; init; }

    /// <summary>True while the broker could not be told yet that the agent has joined, manages a host or is revoked; it is tried again.</summary>
    public required bool BrokerPending { get; init; }

    /// <summary>Its tag: what it has and whether it is revoked; not when it was last heard of, or renewed its certificate.</summary>
    public string Etag() => ETags.OfParts(Resources.Serialize((object)new { Id, Hosts, RevokedAt }), Resources.Serialize(this));

    /// <summary>The columns <see cref="Read"/> expects, of <c>agents</c> called <c>a</c>.</summary>
    public const string Columns = """
        a.id, a.host_name, a.name, a.joined_at, a.certificate_expires_at, a.revoked_at, a.revoked_by, a.at_broker,
        (SELECT jsonb_agg(jsonb_build_object('id', h.host_id, 'name', h.name) ORDER BY h.name, h.host_id) FROM agent_hosts h WHERE h.agent_id = a.id),
        greatest(a.seen_at, (SELECT max(v.last_seen_at) FROM agent_hosts h JOIN inventory.host_view v ON v.host_id = h.host_id WHERE h.agent_id = a.id))
        """;

    public static AgentView Read(NpgsqlDataReader reader)
    {
        var hosts = reader.Json<AgentHostView[]>(8) ?? [];
        return new AgentView
        {
            Id = new AgentId(reader.GetGuid(0)),
            HostName = reader.GetString(1),
            Name = reader.Text(2),
            JoinedAt = reader.Instant(3),
            CertificateExpiresAt = reader.Instant(4),
            RevokedAt = reader.InstantOrNull(5),
            RevokedBy = reader.Text(6),
            BrokerPending = !reader.GetBoolean(7),
            Hosts = hosts,
            HostId = hosts.Length == 1 ? hosts[0].Id : null,
            LastSeenAt = reader.InstantOrNull(9),
        };
    }
}

/// <summary>A host and the name its agent gave it.</summary>
internal sealed record AgentHostView
{
    public required HostId Id { get; init; }

    public required string Name { get; init; }
}
