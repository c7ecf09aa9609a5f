using Npgsql;

namespace HvPlatform.Events;

/// <summary>The tables and functions of the event store as SQL text. The service that owns the schema applies it; applying it again changes nothing.</summary>
public static class EventStoreSchema
{
    /// <summary>The file's name; also the name of the embedded resource in this assembly, for a service that links it into its own numbered files.</summary>
    public const string ResourceName = "Sql/0001-event-store.sql";

    /// <summary>Creates everything in the first schema of the connection's search path.</summary>
    public static string Sql { get; } = Load();

    /// <summary>Applies <see cref="Sql"/> in one transaction.</summary>
    public static async Task ApplyAsync(NpgsqlDataSource source, CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(Sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static string Load()
    {
        using var stream = typeof(EventStoreSchema).Assembly.GetManifestResourceStream(ResourceName)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
