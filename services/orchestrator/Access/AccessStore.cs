using HvPlatform.Contracts.Access;
using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Access;

/// <summary>What is known of an API token; never its secret.</summary>
internal sealed record ApiTokenView
{
    public required Guid Id { get; init; }

    /// <summary>What it is called in histories, after <c>token:</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do.</summary>
    public required AccessRole Role { get; init; }

    /// <summary>In which resource groups; * is all.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    /// <summary>Who made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Until when it is good, UTC.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was last used, to the minute, UTC.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Since when it is good for nothing, UTC.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The secret. Only in the answer that made the token: it is not kept.</summary>
    public string? Token { get; init; }
}

/// <summary>A role of a person or of a group of the issuer.</summary>
internal sealed record GrantView
{
    public required Guid Id { get; init; }

    /// <summary><c>user:SUB</c> or <c>group:CLAIM</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>The resource group; * is all.</summary>
    public required string Group { get; init; }

    /// <summary>What the subject may do there.</summary>
    public required AccessRole Role { get; init; }

    /// <summary>Who gave it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Reads who may do what. What every request needs is remembered for two seconds; a change made by this process counts at once.</summary>
internal sealed class AccessStore([FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, TimeProvider clock)
{
    const string TokenColumns = "id, name, role, groups, created_by, created_at, expires_at, last_used_at, revoked_at";

    readonly Recent<ApiTokenView?> tokens = new(clock, TimeSpan.FromSeconds(2), 10_000);
    readonly Recent<IReadOnlyList<RoleInGroup>> roles = new(clock, TimeSpan.FromSeconds(2), 10_000);

    /// <summary>Changes count at once in this process.</summary>
    public void Forget()
    {
        tokens.Forget();
        roles.Forget();
    }

    /// <summary>A token that is good now; notes that it was used. Null if there is none.</summary>
    public async Task<ApiTokenView?> FindTokenAsync(string secret, CancellationToken cancellationToken)
    {
        var hash = TokenHash.Of(secret);
        return Good(await tokens.GetAsync(Convert.ToHexString(hash), () => ReadTokenAsync("hash", hash, cancellationToken)));
    }

    /// <summary>The same by its id, for a session that was made with it.</summary>
    public async Task<ApiTokenView?> FindTokenAsync(Guid id, CancellationToken cancellationToken) =>
        Good(await tokens.GetAsync(id.ToString(), () => ReadTokenAsync("id", id, cancellationToken)));

    /// <summary>The roles of a person with these groups of the issuer.</summary>
    public Task<IReadOnlyList<RoleInGroup>> RolesAsync(string subject, IReadOnlyList<string> claims, CancellationToken cancellationToken)
    {
        string[] subjects = [subject, .. claims.Select(c => $"group:{c}")];
        return roles.GetAsync(string.Join('\n', subjects), async () =>
        {
            await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
            await using var command = connection.Command("SELECT group_name, role FROM orchestrator.grants WHERE subject = ANY ($1)", (object)subjects);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var found = new List<RoleInGroup>();
            while (await reader.ReadAsync(cancellationToken))
            {
                found.Add(new(reader.GetString(0), reader.Enum<AccessRole>(1)));
            }

            return (IReadOnlyList<RoleInGroup>)[.. found.GroupBy(r => r.Group).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new RoleInGroup(g.Key, g.Max(r => r.Role)))];
        });
    }

    public async Task<IReadOnlyList<ApiTokenView>> ListTokensAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command($"SELECT {TokenColumns} FROM orchestrator.api_tokens ORDER BY created_at DESC, id");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<ApiTokenView>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(Read(reader));
        }

        return found;
    }

    public async Task<IReadOnlyList<GrantView>> ListGrantsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command("SELECT id, subject, group_name, role, created_by, created_at FROM orchestrator.grants ORDER BY subject, group_name");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<GrantView>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(new()
            {
                Id = reader.GetGuid(0),
                Subject = reader.GetString(1),
                Group = reader.GetString(2),
                Role = reader.Enum<AccessRole>(3),
                CreatedBy = reader.GetString(4),
                CreatedAt = reader.Instant(5),
            });
        }

        return found;
    }

    /// <summary>Those of the groups that do not exist.</summary>
    public static async Task<IReadOnlyList<string>> UnknownGroupsAsync(HvTransaction tx, IReadOnlyList<string> groups, CancellationToken cancellationToken)
    {
        await using var command = tx.Command(
            "SELECT g.name FROM unnest($1::text[]) AS g (name) WHERE g.name NOT IN ('*', 'default') AND NOT EXISTS (SELECT FROM orchestrator.resource_groups r WHERE r.name = g.name)", (object)groups.ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var unknown = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            unknown.Add(reader.GetString(0));
        }

        return unknown;
    }

    ApiTokenView? Good(ApiTokenView? token) => token is { RevokedAt: null } && token.ExpiresAt > clock.GetUtcNow() ? token : null;

    async Task<ApiTokenView?> ReadTokenAsync(string column, object value, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        ApiTokenView token;
        await using (var command = connection.Command($"SELECT {TokenColumns} FROM orchestrator.api_tokens WHERE {column} = $1", value))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
            {
                return null;
            }

            token = Read(reader);
        }

        var now = clock.GetUtcNow();
        if (Good(token) is not null && !(now - token.LastUsedAt < TimeSpan.FromMinutes(1)))
        {
            await using var used = connection.Command("UPDATE orchestrator.api_tokens SET last_used_at = $2 WHERE id = $1", token.Id, now);
            await used.ExecuteNonQueryAsync(cancellationToken);
        }

        return token;
    }

    static ApiTokenView Read(Npgsql.NpgsqlDataReader reader) => new()
    {
        Id = reader.GetGuid(0),
        Name = reader.GetString(1),
        Role = reader.Enum<AccessRole>(2),
        Groups = reader.GetFieldValue<string[]>(3),
        CreatedBy = reader.GetString(4),
        CreatedAt = reader.Instant(5),
        ExpiresAt = reader.Instant(6),
        LastUsedAt = reader.InstantOrNull(7),
        RevokedAt = reader.InstantOrNull(8),
    };
}
