using Npgsql;

namespace HvPlatform.ServiceKit;

/// <summary>A service's own schema in the platform's PostgreSQL. Connections have it first in their search path.</summary>
public sealed class ServiceDatabase(string schema, NpgsqlDataSource dataSource)
{
    /// <summary>The schema's name.</summary>
    public string Schema { get; } = schema;

    /// <summary>Pooled connections with <c>search_path = schema</c>.</summary>
    public NpgsqlDataSource DataSource { get; } = dataSource;

    /// <summary>Begins a transaction that can publish, send and set timers through the outbox. For work that no message started (REST, timers).</summary>
    public Task<HvTransaction> BeginAsync(CancellationToken cancellationToken) => throw new NotImplementedException();
}
