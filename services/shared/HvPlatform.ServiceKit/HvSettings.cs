using HvPlatform.ServiceKit.Tls;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace HvPlatform.ServiceKit;

/// <summary>
/// The platform's configuration, from command line (<c>--Hv:Bus inmemory</c>), environment (<c>Hv__Bus</c>) or appsettings:
/// <c>Hv:Database</c> an Npgsql connection string, <c>Hv:Bus</c> <c>inmemory</c> or an <c>amqp://</c> URI, <c>Hv:BusTls</c> how TLS to it is made (<see cref="BusTls"/>), <c>Hv:Urls</c> where HTTP listens,
/// <c>Hv:DatabaseConnections</c> the most connections per service for its transactions, and as many for its other reads, <c>Hv:InboxRetentionHours</c> how long a message id is remembered,
/// <c>Hv:OutboxAttempts</c> how often a message that cannot be sent is tried before it is parked.
/// </summary>
internal sealed record HvSettings
{
    public required string? Database { get; init; }

    /// <summary>Null means the in-memory transport.</summary>
    public required Uri? Broker { get; init; }

    /// <summary>TLS to the broker.</summary>
    public required BusTls BusTls { get; init; }

    public required string? Urls { get; init; }

    public required int DatabaseConnections { get; init; }

    public required TimeSpan InboxRetention { get; init; }

    public required int OutboxAttempts { get; init; }

    /// <summary>The bus without its password, for messages to people.</summary>
    public string BusName => Broker is null ? "inmemory" : $"{Broker.Scheme}://{Broker.Host}:{BrokerPort(Broker)}{Broker.AbsolutePath}";

    public static int BrokerPort(Uri broker) => broker.Port > 0 ? broker.Port : broker.Scheme == "amqps" ? 5671 : 5672;

    public static HvSettings Read(IConfiguration configuration, bool needsDatabase)
    {
        var database = configuration["Hv:Database"];
        if (needsDatabase && string.IsNullOrWhiteSpace(database))
        {
            throw new HvStartupException("No database is configured", "Hv:Database", "it is empty.",
                "Set it to an Npgsql connection string, for example Hv__Database='Host=127.0.0.1;Username=hv;Database=hv'.");
        }

        return new HvSettings
        {
            Database = database,
            Broker = ReadBroker(configuration["Hv:Bus"]),
            BusTls = BusTls.Read(configuration),
            Urls = configuration["Hv:Urls"],
            DatabaseConnections = ReadNumber(configuration, "Hv:DatabaseConnections", 20, 4, 1000),
            InboxRetention = TimeSpan.FromHours(ReadNumber(configuration, "Hv:InboxRetentionHours", 24, 1, 8760)),
            OutboxAttempts = ReadNumber(configuration, "Hv:OutboxAttempts", 10, 1, 1000),
        };
    }

    /// <summary>The connection string of one service: its schema first in the search path, statements prepared once they repeat.</summary>
    public NpgsqlConnectionStringBuilder ConnectionString(string? schema)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(Database) { SearchPath = schema, MaxPoolSize = DatabaseConnections };
            builder.MaxAutoPrepare = builder.MaxAutoPrepare > 0 ? builder.MaxAutoPrepare : 100;
            builder.AutoPrepareMinUsages = 2;
            builder.ApplicationName ??= $"hv-{schema}";
            return builder;
        }
        catch (ArgumentException e)
        {
            throw new HvStartupException("The database cannot be used", "Hv:Database", $"it is no Npgsql connection string: {e.Message}",
                "Write it as 'Host=…;Port=…;Username=…;Password=…;Database=…'.", e);
        }
    }

    static Uri? ReadBroker(string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            throw new HvStartupException("No bus is configured", "Hv:Bus", "it is empty.", "Set it to 'inmemory' (one process) or to 'amqp://user:password@host:5672/vhost'.");
        }

        if (value.Equals("inmemory", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "amqp" or "amqps"
            ? uri
            : throw new HvStartupException("The bus cannot be used", "Hv:Bus", "it is neither 'inmemory' nor an amqp:// or amqps:// URI.", "Write it as 'amqp://user:password@host:5672/vhost'.");
    }

    static int ReadNumber(IConfiguration configuration, string key, int fallback, int min, int max)
    {
        var text = configuration[key];
        return string.IsNullOrWhiteSpace(text) ? fallback
            : int.TryParse(text, out var n) && n >= min && n <= max ? n
            : throw new HvStartupException("A setting cannot be used", key, $"'{text}' is no whole number from {min} to {max}.", "Correct or remove it.");
    }
}
