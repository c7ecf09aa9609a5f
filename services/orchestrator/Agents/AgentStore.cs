using System.Security.Cryptography.X509Certificates;
using HvPlatform.Contracts;
using HvPlatform.Orchestrator.Accepting;
using HvPlatform.ServiceKit;
using HvPlatform.ServiceKit.Tls;
using Npgsql;

namespace HvPlatform.Orchestrator.Agents;

/// <summary>What the platform keeps of its agents.</summary>
internal sealed class AgentStore([FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock)
{
    /// <summary>Uses a token up. A refusal says why it is not good (any more).</summary>
    public static async Task<Refusal?> UseTokenAsync(HvTransaction tx, byte[] hash, AgentId agent, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await tx.ExecuteAsync("UPDATE join_tokens SET used_at = $2, agent_id = $3 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2", [hash, now, agent.Value], cancellationToken) == 1)
        {
            return null;
        }

        await using var command = tx.Command("SELECT used_at, expires_at FROM join_tokens WHERE hash = $1", hash);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return !await reader.ReadAsync(cancellationToken) ? AgentRefusals.TokenUnknown()
            : reader.InstantOrNull(0) is { } used ? AgentRefusals.TokenUsed(used)
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
    /// Binds a host to the agent if no other live agent has it. Returns the one that has it. Whoever comes first wins, also of two that come at the same moment: the
    /// host's row is locked until the end.
    /// </summary>
    public static async Task<AgentId?> BindHostAsync(HvTransaction tx, AgentId agent, HostId host, string name, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            """
            INSERT INTO agent_hosts AS h (host_id, agent_id, name, bound_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (host_id) DO UPDATE SET
                agent_id = CASE WHEN EXISTS (SELECT FROM agents a WHERE a.id = h.agent_id AND a.revoked_at IS NULL) THEN h.agent_id ELSE excluded.agent_id END,
                name     = CASE WHEN h.agent_id = excluded.agent_id THEN excluded.name ELSE h.name END
            RETURNING agent_id
            """,
            host, agent.Value, name, now);
        var holder = new AgentId((Guid)(await command.ExecuteScalarAsync(cancellationToken))!);
        return holder == agent ? null : holder;
    }

    /// <summary>Has the broker told again.</summary>
    public static Task TellBrokerAsync(HvTransaction tx, AgentId agent, DateTimeOffset now, CancellationToken cancellationToken) =>
        tx.ExecuteAsync("UPDATE agents SET at_broker = false, seen_at = $2 WHERE id = $1", [agent.Value, now], cancellationToken);

    /// <summary>Revokes an agent; one that is revoked stays as it is. False if there is none.</summary>
    public static async Task<bool> RevokeAsync(HvTransaction tx, AgentId agent, string by, DateTimeOffset now, CancellationToken cancellationToken) =>
        await tx.ExecuteAsync(
            "UPDATE agents SET revoked_at = coalesce(revoked_at, $2), revoked_by = coalesce(revoked_by, $3), at_broker = false WHERE id = $1", [agent.Value, now, by], cancellationToken) == 1;

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

    static Task AddCertificateAsync(HvTransaction tx, AgentId agent, X509Certificate2 certificate, DateTimeOffset now, CancellationToken cancellationToken) => tx.ExecuteAsync(
        "INSERT INTO agent_certificates (serial, agent_id, certificate, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        [PlatformCertificate.Serial(certificate), agent.Value, certificate.ExportCertificatePem(), now, EndOf(certificate)], cancellationToken);

    static DateTimeOffset EndOf(X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime());
}

/// <summary>What the broker should know of an agent.</summary>
/// <param name="Id">Its user.</param>
/// <param name="Live">False: it is cut off.</param>
/// <param name="Hosts">Whose queues it may read.</param>
internal sealed record AgentAtBroker(AgentId Id, bool Live, IReadOnlyList<HostId> Hosts);
