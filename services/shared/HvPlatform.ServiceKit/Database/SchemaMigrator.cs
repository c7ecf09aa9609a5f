using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HvPlatform.ServiceKit.Database;

/// <summary>
/// Brings one schema up to date: the kit's own files, then the service's, each file once, in the order of their names, under an advisory lock,
/// each in one transaction together with its record. A file that was applied must never change: write a new one.
/// </summary>
internal static class SchemaMigrator
{
    static readonly Assembly Kit = typeof(SchemaMigrator).Assembly;

    public static async Task MigrateAsync(NpgsqlDataSource dataSource, string schema, Assembly? service, ILogger logger, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await ExecuteAsync(connection, $"select pg_advisory_lock(hashtextextended('hv-schema:{schema}', 0))", cancellationToken);
        try
        {
            await ExecuteAsync(
                connection,
                $"""
                create schema if not exists {schema};
                create table if not exists schema_history (
                    source text not null, file text not null, sha256 text not null, applied_at timestamptz not null default now(),
                    primary key (source, file))
                """,
                cancellationToken);
            await ApplyAsync(connection, schema, "kit", Kit, logger, cancellationToken);
            if (service is not null)
            {
                await ApplyAsync(connection, schema, "service", service, logger, cancellationToken);
            }
        }
        finally
        {
            // A lost connection has lost the lock as well; unlocking it would hide what happened.
            if (connection.State == System.Data.ConnectionState.Open)
            {
                await ExecuteAsync(connection, $"select pg_advisory_unlock(hashtextextended('hv-schema:{schema}', 0))", CancellationToken.None);
            }
        }
    }

    /// <summary>The files of an assembly as (name, text), in order; line ends as in git, so that a checkout on Windows has the same checksum.</summary>
    internal static IReadOnlyList<(string Name, string Text)> Files(Assembly assembly) =>
    [
        .. assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith("Sql/", StringComparison.Ordinal) && n.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(n =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(n)!);
                return (n["Sql/".Length..], reader.ReadToEnd().ReplaceLineEndings("\n"));
            }),
    ];

    static async Task ApplyAsync(NpgsqlConnection connection, string schema, string source, Assembly assembly, ILogger logger, CancellationToken cancellationToken)
    {
        var applied = await ReadHistoryAsync(connection, source, cancellationToken);
        foreach (var (name, text) in Files(assembly))
        {
            var checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
            if (applied.Remove(name, out var recorded))
            {
                if (recorded != checksum)
                {
                    throw new HvStartupException("The database schema cannot be brought up to date", $"schema {schema}, file {name}",
                        $"the file was changed after it was applied (applied {recorded[..12]}, now {checksum[..12]}).",
                        "Undo the change and write a new numbered file for it.");
                }

                continue;
            }

            await ApplyFileAsync(connection, schema, source, name, text, checksum, cancellationToken);
            Log.SchemaFileApplied(logger, schema, name);
        }

        foreach (var name in applied.Keys)
        {
            Log.SchemaNewer(logger, schema, name);
        }
    }

    static async Task ApplyFileAsync(
        NpgsqlConnection connection, string schema, string source, string name, string text, string checksum, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await ExecuteAsync(connection, text, cancellationToken);
        }
        catch (PostgresException e)
        {
            throw new HvStartupException("The database schema cannot be brought up to date", $"schema {schema}, file {name}",
                $"{e.SqlState}: {e.MessageText}{(e.Position > 0 ? $" at character {e.Position}" : "")}.", "Correct the file; nothing of it was kept.", e);
        }

        await using var record = new NpgsqlCommand("insert into schema_history (source, file, sha256) values ($1, $2, $3)", connection, transaction)
        {
            Parameters = { new() { Value = source }, new() { Value = name }, new() { Value = checksum } },
        };
        await record.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    static async Task<Dictionary<string, string>> ReadHistoryAsync(NpgsqlConnection connection, string source, CancellationToken cancellationToken)
    {
        var applied = new Dictionary<string, string>();
        await using var command = new NpgsqlCommand("select file, sha256 from schema_history where source = $1", connection) { Parameters = { new() { Value = source } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            applied.Add(reader.GetString(0), reader.GetString(1));
        }

        return applied;
    }

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
