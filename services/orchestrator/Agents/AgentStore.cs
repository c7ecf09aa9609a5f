using System.Security.Cryptography.X509Certificates;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.Orchestrator.Http;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;
using Npgsql;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>What the platform keeps of its agents.</summary>
internal sealed class AgentStore([FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock)
{
    /// <summary>Uses a token up. A refusal says why it is not good (any more).</summary>
    public static async Task<Outcome<UsedToken>> UseTokenAsync(HvTransaction tx, byte[] hash, AgentId agent, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using (var use = tx.Command("UPDATE join_tokens SET used_at = $2, agent_id = $3 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING id, created_by, hosts", hash, now, agent.Value))
        await using (var used = await use.ExecuteReaderAsync(cancellationToken))
        {
            if (await used.ReadAsync(cancellationToken))
            {
                return new UsedToken(new JoinTokenId(used.GetGuid(0)), used.GetString(1), [.. used.GetFieldValue<Guid[]>(2).Order().Select(h => new HostId(h))]);
            }
        }

        await using var command = tx.Command("SELECT used_at, expires_at FROM join_tokens WHERE hash = $1", hash);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return !await reader.ReadAsync(cancellationToken) ? AgentRefusals.TokenUnknown()
            : reader.InstantOrNull(0) is { } at ? AgentRefusals.TokenUsed(at)
            : AgentRefusals.TokenExpired(reader.Instant(1));
    }

    /// <summary>Adds an agent with its first certificate. False if the name is another agent's.</summary>
    public static async Task<bool> AddAsync(HvTransaction tx, AgentId agent, string hostName, byte[] token, X509Certificate2 certificate, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var added = await tx.ExecuteAsync(
            """
            INSERT INTO agents (id, host_name, name, joined_at, certificate_expires_at, seen_at, at_broker)
            VALUES ($1, $2, (SELECT name FROM join_tokens WHERE hash = $3), $4, $5, $4, false)
            ON CONFLICT DO NOTHING
            """,
            [agent.Value, hostName, token, now, EndOf(certificate)], cancellationToken);
        if (added == 1)
        {
            await AddCertificateAsync(tx, agent, certificate, now, cancellationToken);
        }

        return added == 1;
    }

    /// <summary>A further certificate of an agent.</summary>
    public static async Task RenewAsync(HvTransaction tx, AgentId agent, X509Certificate2 certificate, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await AddCertificateAsync(tx, agent, certificate, now, cancellationToken);
        await tx.ExecuteAsync("UPDATE agents SET certificate_expires_at = $2, seen_at = $3 WHERE id = $1", [agent.Value, EndOf(certificate), now], cancellationToken);
    }

    /// <summary>
    /// Binds a host to the agent, or says why not. A host that nobody has heard of belongs to whoever comes first, also of two that come at the same moment. One that is known
    /// but bound to no live agent has a queue that somebody reads without a certificate, or has read: it is given away by an administrator's word only.
    /// </summary>
    /// <param name="tx">It locks the host's row until its end.</param>
    /// <param name="agent">Who is to have the host.</param>
    /// <param name="host">The host.</param>
    /// <param name="name">What the agent calls it.</param>
    /// <param name="approved">An administrator has said so.</param>
    /// <param name="now">When.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Why not, and whether nobody had the host before.</returns>
    public static async Task<(Refusal? Refusal, bool First)> BindHostAsync(HvTransaction tx, AgentId agent, HostId host, string name, bool approved, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await HolderAsync(tx, host, cancellationToken) is var (holder, live))
        {
            if (live && holder != agent)
            {
                return (AgentRefusals.HostClaimed(host, name, holder), false);
            }

            if (holder != agent && !approved)
            {
                return (AgentRefusals.HostNeedsApproval(host, name, agent), false);
            }

            await tx.ExecuteAsync(
                "UPDATE agent_hosts SET agent_id = $2, name = $3, bound_at = CASE WHEN agent_id = $2 THEN bound_at ELSE $4 END WHERE host_id = $1", [host, agent.Value, name, now], cancellationToken);
            return (null, false);
        }

        if (!approved && await NameOfKnownAsync(tx, host, cancellationToken) is not null)
        {
            return (AgentRefusals.HostNeedsApproval(host, name, agent), false);
        }

        var bound = await tx.ExecuteAsync(
            "INSERT INTO agent_hosts (host_id, agent_id, name, bound_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", [host, agent.Value, name, now], cancellationToken);
        return bound == 1 ? (null, true) : await BindHostAsync(tx, agent, host, name, approved, now, cancellationToken);
    }

    /// <summary>The name of a host that the inventory knows; null if it does not.</summary>
    public static async Task<string?> NameOfKnownAsync(HvTransaction tx, HostId host, CancellationToken cancellationToken)
    {
        // Where the inventory has never run nothing is known.
        await using (var command = tx.Command("SELECT to_regclass('inventory.hosts') IS NOT NULL"))
        {
            if (!(bool)(await command.ExecuteScalarAsync(cancellationToken))!)
            {
                return null;
            }
        }

        await using (var command = tx.Command("SELECT h.name FROM inventory.hosts h WHERE h.host_id = $1", host))
        {
            return await command.ExecuteScalarAsync(cancellationToken) as string;
        }
    }

    /// <summary>The name of a host that the inventory knows, or else that an agent has or has had; null if nobody has told of it.</summary>
    public static async Task<string?> NameOfAsync(HvTransaction tx, HostId host, CancellationToken cancellationToken)
    {
        if (await NameOfKnownAsync(tx, host, cancellationToken) is { } known)
        {
            return known;
        }

        await using var command = tx.Command("SELECT name FROM agent_hosts WHERE host_id = $1", host);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>Whether a host is bound to this agent.</summary>
    public static async Task<bool> HasHostAsync(HvTransaction tx, AgentId agent, HostId host, CancellationToken cancellationToken)
    {
        await using var command = tx.Command("SELECT EXISTS (SELECT 1 FROM agent_hosts WHERE host_id = $1 AND agent_id = $2)", host, agent.Value);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Gives the agent the hosts that its token names.</summary>
    public static async Task<Refusal?> BindHostsAsync(HvTransaction tx, AgentId agent, IReadOnlyList<HostId> hosts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var host in hosts)
        {
            if ((await BindHostAsync(tx, agent, host, await NameOfAsync(tx, host, cancellationToken) ?? host.ToString(), approved: true, now, cancellationToken)).Refusal is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    /// <summary>The machine of an agent and since when it is revoked, locked until the end: it is not revoked meanwhile. Null if there is none.</summary>
    public static async Task<(string HostName, DateTimeOffset? RevokedAt)?> LockAsync(HvTransaction tx, AgentId agent, CancellationToken cancellationToken)
    {
        await using var command = tx.Command("SELECT host_name, revoked_at FROM agents WHERE id = $1 FOR NO KEY UPDATE", agent.Value);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetString(0), reader.InstantOrNull(1)) : null;
    }

    /// <summary>Has the broker told again.</summary>
    public static Task TellBrokerAsync(HvTransaction tx, AgentId agent, DateTimeOffset now, CancellationToken cancellationToken) =>
        tx.ExecuteAsync("UPDATE agents SET at_broker = false, seen_at = $2 WHERE id = $1", [agent.Value, now], cancellationToken);

    /// <summary>Revokes an agent; one that is revoked stays as it is.</summary>
    public static Task RevokeAsync(HvTransaction tx, AgentId agent, string by, DateTimeOffset now, CancellationToken cancellationToken) => tx.ExecuteAsync(
        "UPDATE agents SET revoked_at = coalesce(revoked_at, $2), revoked_by = coalesce(revoked_by, $3), at_broker = false WHERE id = $1", [agent.Value, now, by], cancellationToken);

    /// <summary>Whose certificate this is, locked until the end: it is not revoked meanwhile.</summary>
    public static async Task<(AgentId Agent, X509Certificate2 Certificate, DateTimeOffset? RevokedAt)?> FindAsync(HvTransaction tx, string serial, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            "SELECT a.id, c.certificate, a.revoked_at FROM agent_certificates c JOIN agents a ON a.id = c.agent_id WHERE c.serial = $1 FOR NO KEY UPDATE OF a", serial);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (new AgentId(reader.GetGuid(0)), X509Certificate2.CreateFromPem(reader.GetString(1)), reader.InstantOrNull(2))
            : null;
    }

    /// <summary>Why an agent is not to be changed: it is not what the caller has seen. The inventory is asked only if the caller says what that was.</summary>
    public static async Task<Refusal?> WhyChangedAsync(HvTransaction tx, AgentId agent, string? ifMatch, CancellationToken cancellationToken) =>
        ifMatch is not null && (await ViewAsync(tx.Connection, agent, cancellationToken))!.Etag() is var etag && !ETags.Matches(ifMatch, etag) ? Refusals.EtagMismatch(etag) : null;

    /// <summary>One agent as the API shows it.</summary>
    public static async Task<AgentView?> ViewAsync(NpgsqlConnection connection, AgentId agent, CancellationToken cancellationToken)
    {
        await using var command = connection.Command($"SELECT {AgentView.Columns} FROM agents a WHERE a.id = $1", agent.Value);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? AgentView.Read(reader) : null;
    }

    /// <summary>The revoked certificates that have not expired.</summary>
    public async Task<IReadOnlyList<(string Serial, DateTimeOffset At)>> RevokedAsync(CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand(
            "SELECT c.serial, a.revoked_at FROM agents a JOIN agent_certificates c ON c.agent_id = a.id WHERE a.revoked_at IS NOT NULL AND c.expires_at > $1 ORDER BY 2, 1");
        command.Parameters.Add(new NpgsqlParameter { Value = clock.GetUtcNow() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var revoked = new List<(string, DateTimeOffset)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            revoked.Add((reader.GetString(0), reader.Instant(1)));
        }

        return revoked;
    }

    /// <summary>
    /// The agents that the broker has to be told of; with <paramref name="all"/> also those it was told of, unless their certificate has expired for longer than a day.
    /// </summary>
    public async Task<IReadOnlyList<AgentId>> ForBrokerAsync(bool all, CancellationToken cancellationToken)
    {
        await using var command = database.DataSource.CreateCommand("SELECT id FROM agents WHERE NOT at_broker OR ($1 AND certificate_expires_at > $2) ORDER BY id");
        command.Parameters.Add(new NpgsqlParameter { Value = all });
        command.Parameters.Add(new NpgsqlParameter { Value = clock.GetUtcNow().AddDays(-1) });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var agents = new List<AgentId>();
        while (await reader.ReadAsync(cancellationToken))
        {
            agents.Add(new AgentId(reader.GetGuid(0)));
        }

        return agents;
    }

    /// <summary>
    /// Tells the broker about an agent while nobody else changes it, so that an old state never overtakes a new one there. Returns once <paramref name="tell"/> has.
    /// </summary>
    public async Task TellAsync(AgentId agent, Func<AgentAtBroker, Task> tell, CancellationToken cancellationToken)
    {
        await using var tx = await database.BeginAsync(cancellationToken);
        AgentAtBroker? state = null;
        await using (var command = tx.Command("SELECT a.revoked_at IS NULL AND a.certificate_expires_at > $2 FROM agents a WHERE a.id = $1 FOR NO KEY UPDATE", agent.Value, clock.GetUtcNow()))
        {
            if (await command.ExecuteScalarAsync(cancellationToken) is bool live)
            {
                state = new AgentAtBroker(agent, live, []);
            }
        }

        if (state is null)
        {
            return;
        }

        await using (var command = tx.Command("SELECT coalesce(array_agg(host_id ORDER BY host_id), '{}') FROM agent_hosts WHERE agent_id = $1", agent.Value))
        {
            state = state with { Hosts = [.. ((Guid[])(await command.ExecuteScalarAsync(cancellationToken))!).Select(h => new HostId(h))] };
        }

        await tell(state);
        await tx.ExecuteAsync("UPDATE agents SET at_broker = true WHERE id = $1", [agent.Value], cancellationToken);
        await tx.CommitAsync(cancellationToken);
    }

    /// <summary>Which agent a host is bound to, and whether that is not revoked; the binding is locked until the end.</summary>
    static async Task<(AgentId Agent, bool Live)?> HolderAsync(HvTransaction tx, HostId host, CancellationToken cancellationToken)
    {
        await using var command = tx.Command("SELECT h.agent_id, a.revoked_at IS NULL FROM agent_hosts h JOIN agents a ON a.id = h.agent_id WHERE h.host_id = $1 FOR UPDATE OF h", host);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (new AgentId(reader.GetGuid(0)), reader.GetBoolean(1)) : null;
    }

    static Task AddCertificateAsync(HvTransaction tx, AgentId agent, X509Certificate2 certificate, DateTimeOffset now, CancellationToken cancellationToken) => tx.ExecuteAsync(
        "INSERT INTO agent_certificates (serial, agent_id, certificate, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        [PlatformCertificate.Serial(certificate), agent.Value, certificate.ExportCertificatePem(), now, EndOf(certificate)], cancellationToken);

    static DateTimeOffset EndOf(X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime());
}

/// <summary>A join token that was just used up.</summary>
/// <param name="Id">Its id.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="Hosts">The hosts that it names.</param>
internal sealed record UsedToken(JoinTokenId Id, string CreatedBy, IReadOnlyList<HostId> Hosts);

/// <summary>What the broker should know of an agent.</summary>
/// <param name="Id">Its user.</param>
/// <param name="Live">False: it is cut off.</param>
/// <param name="Hosts">Whose queues it may read.</param>
internal sealed record AgentAtBroker(AgentId Id, bool Live, IReadOnlyList<HostId> Hosts);
