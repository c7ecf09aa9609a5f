using HvPlatform.Contracts;
using HvPlatform.MigrationSaga.MigrateVm;
using Npgsql;

namespace HvPlatform.MigrationSaga.Record;

/// <summary><c>./hv replay OPERATION_ID|FILE</c>: decides a past migration again and prints each input, the decision, and whether it is as recorded.</summary>
static class ReplayCommand
{
    public static async Task<int> RunAsync(string[] args, IConfiguration configuration, TextWriter output, CancellationToken cancellationToken)
    {
        if (args is not [var what] || what.StartsWith('-'))
        {
            await output.WriteLineAsync(
                """
                usage: ./hv replay OPERATION_ID|FILE

                  OPERATION_ID   a migration's, from the platform's database (Hv__Database, an Npgsql connection string)
                  FILE           a recording: tests/UnitTests/MigrationSaga/Corpus, or one written by ./hv sim --record

                Exit code: 0 as recorded, or differing only where older rules decided; 1 a decision of today's rules came out differently; 2 nothing to replay.
                """);
            return 2;
        }

        try
        {
            var recording = File.Exists(what) ? RecordingFile.Parse(await File.ReadAllTextAsync(what, cancellationToken)) : await ReadAsync(what, configuration, cancellationToken);
            var result = MigrationReplay.Run(recording);
            await output.WriteAsync(Text(recording, result));
            return result.Broken ? 1 : 0;
        }
        catch (Exception e) when (e is FormatException or NpgsqlException or InvalidOperationException)
        {
            await output.WriteLineAsync($"replay: {e.Message}");
            return 2;
        }
    }

    static async Task<MigrationRecording> ReadAsync(string what, IConfiguration configuration, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(what, out var operation))
        {
            throw new FormatException($"'{what}' is neither a file nor an operation's id.");
        }

        var database = configuration["Hv:Database"];
        if (string.IsNullOrWhiteSpace(database))
        {
            throw new InvalidOperationException("the database is not known. Set Hv__Database to the platform's Npgsql connection string.");
        }

        var connectionString = new NpgsqlConnectionStringBuilder(database) { SearchPath = MigrationSagaModule.Schema };
        await using var connection = new NpgsqlConnection(connectionString.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return await MigrationRecords.ReadAsync(connection, new OperationId(operation), cancellationToken)
            ?? throw new InvalidOperationException($"no record of migration {operation}: it is no migration, or ended longer ago than records are kept.");
    }

    static string Text(MigrationRecording recording, ReplayResult result)
    {
        var text = new StringWriter();
        text.WriteLine($"migration {recording.Operation}{(recording.Title is { } t ? $" ({t})" : "")}, rules of version {recording.DecisionVersion}, now {MigrationDecisions.Version}");
        foreach (var (step, i) in result.Steps.Select((s, i) => (s, i)))
        {
            var verdict = step.Difference is null ? "as recorded" : step.SameVersion ? "DIFFERS" : "differs (older rules)";
            text.WriteLine($"{i + 1,4}  {step.Input.At.UtcDateTime:yyyy-MM-ddTHH:mm:ss.ffffff}Z  {step.Input.Type,-32} -> {step.Phase,-20} {verdict}");
            if (step.Ignored is { } why)
            {
                text.WriteLine($"        ignored: {why}");
            }

            foreach (var effect in step.Again?.Effects ?? [])
            {
                text.WriteLine($"        {effect}");
            }

            if (step.Difference is { } difference)
            {
                text.WriteLine($"      ! {difference.ReplaceLineEndings("\n      ! ")}");
            }
        }

        var same = result.Steps.Count(s => s.Difference is null);
        text.WriteLine($"{result.Steps.Count} inputs, {same} decisions as recorded, {result.Steps.Count - same} different; it ended {result.RecordedOutcome}, today {result.Outcome}");
        return text.ToString();
    }
}
