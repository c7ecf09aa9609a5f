using HvPlatform.ServiceKit;

namespace HvPlatform.Orchestrator.Access;

/// <summary>A browser that is signed in: whose token it was, and what ends the session besides its age.</summary>
internal sealed record Session(Caller Caller, string Credential);

/// <summary>The sessions of browsers. They are in the database, so that any process serves them and a restart signs nobody out.</summary>
internal sealed class Sessions([FromKeyedServices(OrchestratorModule.Schema)] ServiceDatabase database, OrchestratorOptions options, TimeProvider clock)
{
    public const string CookieName = "hv-session";

    readonly Recent<Session?> recent = new(clock, TimeSpan.FromSeconds(2), 10_000);

    /// <summary>Begins a session; returns the cookie's value and how long it is good for.</summary>
    public async Task<(string Cookie, TimeSpan Lifetime)> BeginAsync(Session session, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var lifetime = session.Caller.ExpiresAt is { } end && end - now < options.Access.SessionLifetime ? end - now : options.Access.SessionLifetime;
        var cookie = TokenHash.NewSecret("");
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command(
            """
            WITH old AS (DELETE FROM orchestrator.sessions WHERE expires_at < $4)
            INSERT INTO orchestrator.sessions (id_hash, caller, credential, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
            """, TokenHash.Of(cookie), Db.Jsonb(session.Caller with { Roles = [], BySession = false }), session.Credential, now, now + lifetime);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return (cookie, lifetime);
    }

    /// <summary>The session of a cookie; null if there is none, or none any more.</summary>
    public Task<Session?> FindAsync(string cookie, CancellationToken cancellationToken) =>
        recent.GetAsync(cookie, () => ReadAsync(cookie, cancellationToken));

    /// <summary>Ends a session.</summary>
    public async Task EndAsync(string cookie, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command("DELETE FROM orchestrator.sessions WHERE id_hash = $1", TokenHash.Of(cookie));
        await command.ExecuteNonQueryAsync(cancellationToken);
        recent.Forget();
    }

    async Task<Session?> ReadAsync(string cookie, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Command("SELECT caller, credential FROM orchestrator.sessions WHERE id_hash = $1 AND expires_at > $2", TokenHash.Of(cookie), clock.GetUtcNow());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new(reader.Json<Caller>(0)! with { BySession = true }, reader.GetString(1)) : null;
    }
}
